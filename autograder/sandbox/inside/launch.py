"""Puts limits on this process, then becomes the Python module that was asked for.

    python launch.py '{"limits": {…}, "user": 61200}' [--warm FD] -m MODULE ARGUMENTS…

Runs inside the sandbox, as a script that needs the standard library alone. With
`--warm` it imports what the service needs and waits until somebody writes to FD or
closes it: the modules of a release are imported after that.
"""

import importlib
import json
import os
import resource
import runpy
import sys

MB = 1 << 20

# Imported while waiting: they take 0.5 of the 0.7 s that the service needs to start.
WARM = (
    "fastapi",
    "uvicorn",
    "uvicorn.protocols.http.auto",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.websockets.auto",
    "aiosqlite",
    "structlog",
    "prometheus_client",
)


def apply(limits: dict[str, int], user: int | None) -> None:
    """Give up what must be given up; none of it can be taken back."""
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits["cpu_s"],
        resource.RLIMIT_FSIZE: limits["file_mb"] * MB,
        resource.RLIMIT_NOFILE: limits["open_files"],
    }
    if sys.platform == "linux":  # macOS takes these and does not keep to them
        bounds[resource.RLIMIT_AS] = limits["address_space_mb"] * MB
    if user is not None:
        # Of an ordinary user alone: outside a sandbox it would count all that the
        # learner's own user runs, and it does not bind root.
        bounds[resource.RLIMIT_NPROC] = limits["processes"]
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    for what, bound in bounds.items():
        _, hard = resource.getrlimit(what)
        least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(what, (least, least))


def main() -> None:
    """Read the command line, give up rights, run the module."""
    told = json.loads(sys.argv[1])
    words = sys.argv[2:]
    apply(told["limits"], told["user"])
    if words[0] == "--warm":
        for name in WARM:
            importlib.import_module(name)
        gate = int(words[1])
        os.read(gate, 1)
        os.close(gate)
        words = words[2:]
    run(words)


def run(words: list[str]) -> None:
    """Run `-m MODULE ARGUMENTS…`, as Python would."""
    # The working directory is where modules come from.
    sys.path[0] = os.getcwd()
    _, module, *arguments = words
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
