"""Puts limits on this process, then runs a Python module in it.

    python launch.py '{"limits": {…}, "user": 61200}' -m MODULE ARGUMENTS…

It runs inside the sandbox, as a script that needs only the standard library.
"""

import json
import os
import resource
import runpy
import sys
from collections.abc import Sequence

MB = 1 << 20
PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))


# linux/prctl.h, linux/seccomp.h
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def apply(
    limits: dict[str, int],
    user: int | None,
    gate: Sequence[int] = (),
    on_top: str = "",
) -> None:
    """Set the limits, and become the user `user`; neither can be undone.

    Before, a byte goes to the first of two file descriptors at the `gate`, if there is
    one, and is awaited from the second. `on_top` is a filter for system calls, in
    hexadecimal digits, or empty; it takes no new privileges for granted.
    """
    if gate:
        reports, waits = gate
        os.write(reports, b"\n")
        if not os.read(waits, 1):
            sys.exit(1)
        os.close(reports)
        os.close(waits)
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits["cpu_s"],
        resource.RLIMIT_FSIZE: limits["file_mb"] * MB,
        resource.RLIMIT_NOFILE: limits["open_files"],
    }
    if sys.platform == "linux":  # macOS accepts this limit and does not enforce it
        bounds[resource.RLIMIT_AS] = limits["address_space_mb"] * MB
    if user is not None:
        # Only in a sandbox: outside, it would count every process of the learner's own
        # user. It does not bind root.
        bounds[resource.RLIMIT_NPROC] = limits["processes"]
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    for limit, bound in bounds.items():
        _, hard = resource.getrlimit(limit)
        least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(limit, (least, least))
    if on_top:
        install(bytes.fromhex(on_top))


def install(program: bytes) -> None:
    """Filter the system calls of this process from now on. Raises OSError."""
    import ctypes  # only where it is needed: it takes long

    class Filter(ctypes.Structure):
        """The kernel's struct sock_fprog."""

        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    steps = Filter(len(program) // 8, program)
    mode = SECCOMP_MODE_FILTER
    if libc.prctl(PR_SET_SECCOMP, mode, ctypes.byref(steps), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "cannot filter system calls")


def split(argv: list[str]) -> tuple[str, list[str]]:
    """Return the argument before -m in a command, and `-m MODULE ARGUMENTS…`."""
    start = argv.index("-m")
    return argv[start - 1], argv[start:]


def main() -> None:
    """Set the limits that the command line asks for, and run the module."""
    options, module = split(sys.argv)
    apply(**json.loads(options))
    run(module)


def forked() -> int:
    """Do as main() in a fork of a process that has imported what the module needs."""
    options, module = split(sys.argv)
    apply(**json.loads(options))
    forget()
    run(module)
    return 0


def forget() -> None:
    """Forget the project's modules, so that the module to run imports its own."""
    sys.path[:] = ["", *(path for path in sys.path if path != PROJECT)]
    for name in list(sys.modules):
        if name.partition(".")[0] in {"course", "autograder"}:
            del sys.modules[name]


def run(arguments: list[str]) -> None:
    """Run the `arguments` -m MODULE ARGUMENTS… as Python would."""
    # Modules are imported from the working directory.
    sys.path[0] = os.getcwd()
    _, module, *rest = arguments
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
