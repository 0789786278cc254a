"""What the forks of test_forkserver.py run."""

import os
import sys
import time


def tells() -> int:
    """What it was given."""
    print(sys.argv, os.getcwd(), sorted(os.environ), os.getsid(0) == os.getpid())
    open_here = [n for n in range(3, 200) if _is_open(n)]
    print(open_here)
    os.write(open_here[0], b"seven")
    return 3


def sleeps() -> None:
    """Until somebody ends it."""
    print("ready", flush=True)
    time.sleep(60)


def raises() -> None:
    """As a broken program does."""
    raise KeyError("mars")


def nothing() -> None:
    """And ends."""


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
