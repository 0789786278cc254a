"""The command line that takes the place of `python` to run other people's code."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from . import seccomp, watch
from .errors import SandboxUnavailable
from .inside import launch
from .limits import Limits

# Read-only inside, if this machine has them.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",  # or each thread reserves 64 MB of address space
}

# Held-back checks and known answers are in here.
MODULES = Path(__file__).parents[2] / "course" / "modules"

# User ids that nobody has: systemd gives out the same range to services.
USERS = range(61184, 65520)


class Confined(Enum):
    """The ways to confine other people's code."""

    SANDBOX = "sandbox"  # bubblewrap and limits
    LIMITS = "limits"  # limits alone


def interpreter(
    confined: Confined,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    read: Sequence[str] = (),
    write: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the command line to use for `python`, before `-m MODULE ARGUMENTS…`.

    In a sandbox the module can read the folders and files `read` and change the files
    `write`, each under the path that it has outside; missing files in `write` are
    created. Every inheritable file descriptor is passed on. A fork of a process that
    has imported all the module needs can run this command line by itself: see join.py.

    Raises SandboxUnavailable if there is no bubblewrap.
    """
    if confined is Confined.LIMITS:
        inside = json.dumps({"limits": limits.to_json(), "user": None})
        return (sys.executable, launch.__file__, inside)
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxUnavailable(
            "bubblewrap is not installed"
            if sys.platform == "linux"
            else "it needs Linux",
            "Debian and Ubuntu: apt-get install bubblewrap; Fedora: dnf install"
            " bubblewrap. On macOS grade in a Linux container or virtual machine.",
        )
    # A user namespace has only one user, so root goes another way: it needs no such
    # namespace, and becomes an ordinary user inside.
    root = os.geteuid() == 0
    user = USERS[os.getpid() % len(USERS)] if root else None
    watch_options = {
        "filter": seccomp.program().hex(),
        "user": user,
        "memory_mb": limits.memory_mb,
        "wall_s": limits.wall_s,
    }
    inside = json.dumps({"limits": limits.to_json(), "user": user or 0})
    return (
        sys.executable,
        "-I",
        "-S",
        watch.__file__,
        json.dumps(watch_options),
        bwrap,
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
        *(() if root else ("--unshare-user",)),
        "--hostname",
        "sandbox",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        *(("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID") if root else ()),
        "--clearenv",
        *_environment(),
        *_file_system(read, write, limits.scratch_mb),
        "--",
        sys.executable,
        launch.__file__,
        inside,
    )


def _environment() -> list[str]:
    return [arg for pair in ENVIRONMENT.items() for arg in ("--setenv", *pair)]


def _file_system(
    read: Sequence[str], write: Sequence[str], scratch_mb: int
) -> list[str]:
    """Return the options for the whole file system inside (see watch.expanded)."""
    options = ["--perms", "1777", "--size", str(scratch_mb << 20), "--tmpfs", "/tmp"]
    for path in SYSTEM:
        if os.path.islink(path):
            options += ["--symlink", os.readlink(path), path]
        else:
            options += ["--ro-bind-try", path, path]
    readable = [*_python(), launch.__file__, *read]
    for path in readable:
        options += ["--read", path]
    if hidden := _hidden([*SYSTEM, *readable]):
        options += ["--tmpfs", hidden, "--remount-ro", hidden]
    for path in write:
        options += ["--write", path]
    options += ["--proc", "/proc", "--dev", "/dev"]
    # Both are in memory, half of which they could fill if they were writable.
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]


def _hidden(readable: Sequence[str]) -> str:
    """Return the folder of held-back checks if it would be readable, or "".

    It is readable if the project is installed among the packages of this Python.
    """
    real = os.path.realpath(MODULES)
    within = any(Path(real).is_relative_to(os.path.realpath(p)) for p in readable)
    return real if within and os.path.isdir(real) else ""


def _python() -> list[str]:
    """Return the folders of this Python and its packages."""
    real = Path(os.path.realpath(sys.executable)).parents[1]
    folders = {sys.prefix, sys.base_prefix, str(real)}
    return sorted(f for f in folders if not Path(f).is_relative_to("/usr"))
