"""`python -m course.cli` is the `outage` command."""

from .main import main

main()
