"""The errors with which commands fail; each says what to do next.

`main` prints the message and ends with the error's code, `exits_with`. It does the same
with the families of errors that the rooms below raise: JudgeError, GradingError,
SandboxUnavailable and OutageError. Any other exception is a bug, with a traceback.

CommandError
├── FellShort        the command did not reach its goal
├── WrongUsage       an argument names something that does not exist
└── NotPossibleHere  this machine cannot do it
"""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """The exit codes of all commands."""

    OK = 0
    FELL_SHORT = 1
    USAGE = 2
    ENVIRONMENT = 3


class CommandError(Exception):
    """An error that ends a command; its message says what to do next."""

    exits_with: ClassVar[Exit]


class FellShort(CommandError):
    """The command has done what it could, but not everything."""

    exits_with = Exit.FELL_SHORT


class WrongUsage(CommandError):
    """An argument names something that does not exist."""

    exits_with = Exit.USAGE


class NotPossibleHere(CommandError):
    """A machine, or copy of the course, that lacks something the command needs."""

    exits_with = Exit.ENVIRONMENT
