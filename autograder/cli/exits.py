"""The exit codes of the `outage` command."""

from enum import IntEnum


class Exit(IntEnum):
    """What the exit codes mean."""

    OK = 0
    FELL_SHORT = 1
    USAGE = 2
    ENVIRONMENT = 3
