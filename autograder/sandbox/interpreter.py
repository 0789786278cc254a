"""The command line that takes the place of `python` to run other people's code."""

import os
import shutil
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from . import seccomp, watch
from .errors import SandboxUnavailable
from .limits import Limits

PROJECT = Path(__file__).parents[2]

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
    created. Relative paths begin at the folder in which the command is started. Every
    inheritable file descriptor is passed on. A fork of a process that has imported all
    the module needs can run this command line by itself: see join.py.

    Raises SandboxUnavailable if there is no bubblewrap.
    """
    if confined is Confined.LIMITS:
        return tuple(watch.launcher(limits.to_json(), None))
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
    user = USERS[os.getpid() % len(USERS)] if os.geteuid() == 0 else None
    sandbox = watch.Sandbox(
        bwrap=bwrap,
        filter=seccomp.program().hex(),
        inside="" if limits.children else seccomp.alone().hex(),
        user=user,
        limits=limits.to_json(),
        read=[*_python(), watch.LAUNCH, *read],
        write=list(write),
        hidden=ours(),
    )
    return (sys.executable, "-I", "-S", watch.__file__, sandbox.to_json())


def ours() -> list[str]:
    """Return the folders of this project, which hold what answers must not find.

    Solutions, checks, known answers and other people's work are in them. A sandbox
    would have them where the project is installed among the packages of this Python,
    or lies in one of the system's folders.
    """
    if (PROJECT / "pyproject.toml").exists():
        return [str(PROJECT)]
    return [str(PROJECT / "autograder"), str(PROJECT / "course")]


def _python() -> list[str]:
    """Return the folders of this Python and its packages."""
    real = Path(os.path.realpath(sys.executable)).parents[1]
    folders = {sys.prefix, sys.base_prefix, str(real)}
    return sorted(f for f in folders if not Path(f).is_relative_to("/usr"))
