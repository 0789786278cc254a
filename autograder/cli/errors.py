"""How a command fails: it raises an error that says what to do next.

`main` prints the message and ends with the code that the error `exits_with`. So do the
families of errors that the rooms below raise: JudgeError, GradingError,
SandboxUnavailable and OutageError. Whatever else is raised is a bug, with a traceback.

CommandError
├── FellShort        what was asked for was not reached
├── WrongUsage       what was asked for does not exist
└── NotPossibleHere  this machine cannot do it
"""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Names what the exit codes mean."""

    OK = 0
    FELL_SHORT = 1
    USAGE = 2
    ENVIRONMENT = 3


class CommandError(Exception):
    """The message says what to do next."""

    exits_with: ClassVar[Exit]


class FellShort(CommandError):
    """The command has done what it could, and that is not all."""

    exits_with = Exit.FELL_SHORT


class WrongUsage(CommandError):
    """An argument names nothing that there is."""

    exits_with = Exit.USAGE


class NotPossibleHere(CommandError):
    """This machine, or this copy of the course, lacks something."""

    exits_with = Exit.ENVIRONMENT
