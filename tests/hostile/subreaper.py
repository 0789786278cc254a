"""Run a command, and tell what outlives it.

    python subreaper.py FILE COMMAND …

As init does, this process adopts what loses its parent below it, and reaps it. What
is still there 20 s after the end of the command is written to FILE, and killed.
"""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

PR_SET_CHILD_SUBREAPER = 36  # from Linux's sys/prctl.h
END_WITHIN_S = 20.0


def main(file: Path, command: list[str]) -> int:
    """Return the exit code of `command`."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    running = subprocess.Popen(command)
    pid = status = 0
    while pid != running.pid:
        pid, status = os.waitpid(-1, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    deadline = time.monotonic() + END_WITHIN_S
    while (left := reaped()) and time.monotonic() < deadline:
        time.sleep(0.05)  # there is no event for the end of any of them, with a limit
    file.write_text("".join(f"{process}\n" for process in left))
    for process in left:
        process.kill()
    return running.returncode


def reaped() -> list[psutil.Process]:
    """Reap what has ended, and return what has not."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return []
    return psutil.Process().children(recursive=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
