"""The `outage` command, which wires all rooms of the code together."""

from .main import main

__all__ = ["main"]
