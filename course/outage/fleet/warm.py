"""The fork server for the fleets of this process, and how a fork becomes a replica.

A Python that imports the service takes 0.9 s of processor time to start, a fork of one
that has done so 0.05 s: a fleet is there sooner, and so is a replica after a restart.
In the sandbox, other people's code has fork servers of its own; on macOS every process
is a new Python.
"""

import atexit
import ctypes
import os
import runpy
import sys
import threading
from contextlib import ExitStack

from course.outage.tempdirs import own_folder

from .forkserver import PROJECT, ForkServer

MODULES = ("course.outage.fleet.supervisor", "course.outage.fleet.service_imports")
MAIN = f"{__name__}:main"
PR_SET_NAME = 15
NAME = b"orders-replica"  # at most 15 characters

_lock = threading.Lock()
_ends = ExitStack()
_server: ForkServer | None = None


def address() -> str | None:
    """Return the address of this process's fork server, starting it on first use.

    It ends with this process. Returns None where there can be none. Raises
    ForkServerGone.
    """
    global _server  # one a process, whoever owns a fleet
    if sys.platform != "linux":
        return None
    with _lock:
        if _server is None or not _server.runs:
            _ends.close()
            folder = _ends.enter_context(own_folder("outage-forks-"))
            _server = ForkServer(folder / "fleets", MODULES, os.environ)
            _ends.callback(_server.close)
            _server.wait_ready()
        return _server.address


def end() -> None:
    """End this process's fork server, if there is one."""
    global _server
    with _lock:
        _ends.close()
        _server = None


def main() -> None:
    """Run the argv `python -m MODULE ARGUMENTS…` in the working directory."""
    _, _, module, *arguments = sys.argv
    ctypes.CDLL(None).prctl(PR_SET_NAME, NAME)  # as `ps` and `top` show it
    # The release brings its own `course.service`.
    sys.path[:] = [os.getcwd(), *(path for path in sys.path if path != str(PROJECT))]
    for name in list(sys.modules):
        if name.partition(".")[0] == "course":
            del sys.modules[name]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


atexit.register(end)
