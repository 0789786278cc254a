"""The errors that this package raises on purpose.

OutageError
├── ReleaseNotFound      no release of that name
├── ReleaseDoesNotStart  its replicas end before they are ready
├── PortInUse            another program listens there
├── NoRoom               the disk is full
├── RecordingUnreadable  no recorded run in that file
├── MachineTooBusy       other programs took the processor time that a result needs
├── ForkServerGone       the process that forks others has ended
└── FleetGone            the supervisor has ended, or no longer answers
"""

import textwrap
from collections.abc import Sequence
from pathlib import Path

COLUMNS = 88  # a notebook breaks longer lines in the middle of a word


class ToldInANotebook(Exception):
    """An error that a notebook shows by its message alone.

    The frames of its traceback would all be the course's own.
    """

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython prints in place of the traceback."""
        lines = f"{type(self).__name__}: {self}".splitlines()
        return ["\n".join(textwrap.wrap(line, COLUMNS) or [""]) for line in lines]


class OutageError(ToldInANotebook):
    """An error that the user of a fleet can act on; the message says how."""

    exits_with = 1  # the exit code of a command that ends with it


class ReleaseNotFound(OutageError):
    """There is no release called `name`."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no release {name!r}. Known: {', '.join(known)}.")


class ReleaseDoesNotStart(OutageError):
    """A replica of `release` ended with `exit_code` before it was ready.

    If `exit_code` is None, it was not ready after `waited_s` seconds by the clock, in
    `ran_s` of which it could run. `last_lines` is the end of its output.
    """

    def __init__(
        self,
        release: str,
        exit_code: int | None,
        last_lines: str,
        waited_s: float,
        ran_s: float,
    ) -> None:
        reason = f"exited {exit_code} before it answered /readyz"
        if exit_code is None:
            reason = (
                f"was not ready in time, though it could run for {ran_s:.0f} of"
                f" {waited_s:.0f} seconds. Look at what it does when it is imported; if"
                " traffic keeps it busy, stop the traffic first"
            )
        output = f"Its last lines:\n{last_lines}" if last_lines else "It wrote nothing."
        super().__init__(
            f"The release {release!r} does not start: its process {reason}. {output}"
        )
        self.release = release
        self.exit_code = exit_code
        self.last_lines = last_lines


class PortInUse(OutageError):
    """Another program listens on `port`; or it is 0, for any, and none is free."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} on 127.0.0.1 is in use by another program. Stop that program,"
            " or leave the port out: the fleet then takes a free one."
            if port
            else "No port of 127.0.0.1 is free: programs on this machine hold them all."
            " End some (restarting kernels that you no longer need ends their fleets),"
            " then run this again."
        )
        self.port = port


class NoRoom(OutageError):
    """The disk that `folder` lies on has only `free` bytes left."""

    def __init__(self, folder: str, free: int) -> None:
        super().__init__(
            f"The disk that holds {folder} is full: {free >> 20} MB are left. Nothing"
            " of yours is lost. Make some room, or name a folder that has some in the"
            " environment variable TMPDIR and start again; then run this again."
        )


class RecordingUnreadable(OutageError):
    """The file at `path` is no recording of a run, or it is damaged."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no recording of a run, or it is damaged. Get the one of the"
            " course back with: git checkout course/recordings; or make another with:"
            f" ./outage replay --record {path}"
        )
        self.path = path


class MachineTooBusy(OutageError):
    """The processes in question got too little processor time for a result.

    `what` names the thing that was waited for, for `waited_s` seconds by the clock; in
    `ran_s` of them the processes could run.
    """

    def __init__(self, what: str, waited_s: float, ran_s: float) -> None:
        super().__init__(
            f"This machine was too busy to tell: {what} was waited for, for"
            f" {waited_s:.0f} s, and the processes in question could run in only"
            f" {ran_s:.1f} s of them. Close programs that use the processor, or wait"
            " until they are done; then run this again."
        )
        self.what = what
        self.waited_s = waited_s
        self.ran_s = ran_s

    @classmethod
    def from_message(cls, message: str) -> "MachineTooBusy":
        """Return the error that another process has raised with `message`.

        It has no `what`, `waited_s` and `ran_s`.
        """
        error = cls.__new__(cls)
        error.args = (message,)
        return error


class ForkServerGone(OutageError):
    """A fork server has ended, or has never started."""


class FleetGone(OutageError):
    """The fleet's supervisor has ended; start a new fleet."""
