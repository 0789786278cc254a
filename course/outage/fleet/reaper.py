"""Ends a fleet whose supervisor or owner is gone, and removes its folder.

A process of its own, started by the supervisor as a script with only the standard
library's built-in modules: it must work when everything else has failed. The kernel
closes the supervisor's end of the pipe on standard input however the supervisor dies,
SIGKILL included. The owner's pid is looked at as well, because another process may have
inherited the owner's end of the supervisor's pipe.
"""

import contextlib
import os
import select
import shutil
import signal
import sys

POLL_S = 0.5


def is_running(pid: int) -> bool:
    """Return whether process `pid` exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(owner: int, group: int, folder: str) -> None:
    """Wait for the end of `owner` or of standard input; then kill process `group`."""
    while is_running(owner):
        readable, _, _ = select.select([sys.stdin], [], [], POLL_S)
        if readable:
            break
    with contextlib.suppress(ProcessLookupError):  # the fleet has ended in good order
        os.killpg(group, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
