"""The `outage` command. All wiring of the house is done here, and nowhere else."""

from .main import main

__all__ = ["main"]
