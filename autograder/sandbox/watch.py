"""The watch over one bubblewrap: `python -I -S watch.py '{…}' bwrap ARGUMENTS…`.

It is a script with the standard library alone, because it is started for every confined
process. It does what bubblewrap does not do: it passes SIGTERM on to the program
inside, limits the memory and the lifetime of the whole sandbox, and gives files to the
user that the program runs as. Everything inside ends with it, however it ends.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import Any

Process = subprocess.Popen[bytes]

LOOK_EVERY_S = 0.1
KILLED = 137  # 128 + SIGKILL, as shells report it
KB = 1 << 10


def children(pid: int) -> list[int]:
    """Return the pids of the children of process `pid`, none if it has gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """Return all processes below `pid`; inside a sandbox, none can leave this tree."""
    pids, to_visit = [], [pid]
    while to_visit:
        pids += (below := children(to_visit.pop()))
        to_visit += below
    return pids


def proportional_kb(pid: int) -> int:
    """Return the memory of process `pid` in kB, shared pages counted in part."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(ln.split()[1]) for ln in file if ln.startswith("Pss:"))
    except (OSError, StopIteration):
        return resident_kb(pid)  # it may have made itself unreadable


def resident_kb(pid: int) -> int:
    """Return the memory of process `pid` in kB, with shared pages; quick to read."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // KB
    except OSError:
        return 0


def excess(roots: list[int], memory_mb: int) -> str:
    """Return which limit the processes below `roots` exceed, in words, or ""."""
    inside = [pid for root in roots for pid in descendants(root)]
    if sum(map(resident_kb, inside)) <= memory_mb * KB:
        return ""
    if sum(map(proportional_kb, inside)) <= memory_mb * KB:
        return ""
    return f"more than {memory_mb} MB of memory"


def expanded(options: list[str], user: int | None) -> list[str]:
    """Return bubblewrap's `options`, with two more of ours replaced by its own.

    --read PATH and --write PATH bind PATH where it is; a missing file to write to is
    created, and given to `user`. The folders above it get mode 0755, since otherwise
    only root could enter them.
    """
    result: list[str] = []
    remaining = iter(options)
    for option in remaining:
        if option not in {"--read", "--write"}:
            result.append(option)
            continue
        path = next(remaining)
        if option == "--write":
            with open(path, "a") as file:
                if user:
                    os.chown(file.fileno(), user, user)
        folder = os.path.dirname(path)
        above = []
        while folder not in {"/", "/tmp"}:
            above.append(folder)
            folder = os.path.dirname(folder)
        for folder in reversed(above):
            result += ["--perms", "0755", "--dir", folder]
        result += ["--ro-bind" if option == "--read" else "--bind", path, path]
    return result


def start(
    bwrap: str, program: bytes, arguments: list[str], **options: Any
) -> tuple[Process, int]:
    """Start bubblewrap under the system call filter `program`; `options` are Popen's.

    Returns its process, and the pid of the sandbox's init, or 0 if bubblewrap failed.
    """
    filter_fd = os.memfd_create("filter")
    os.write(filter_fd, program)
    os.lseek(filter_fd, 0, os.SEEK_SET)
    reading, writing = os.pipe()
    for fd in (filter_fd, writing):
        os.set_inheritable(fd, True)
    own_arguments = ["--seccomp", str(filter_fd), "--info-fd", str(writing)]
    command = [bwrap, *own_arguments, *arguments]
    # Every descriptor that our parent passed on goes on to the program inside.
    process = subprocess.Popen(command, close_fds=False, **options)
    os.close(filter_fd)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()  # blocks until bubblewrap has written it, or has failed
    return process, json.loads(text)["child-pid"] if text else 0


def overdrawn(program: int, inside: list[int], memory_mb: int, wall_s: int) -> str:
    """Watch until process `program` ends or exceeds a limit; return which, or "".

    The memory of all processes below those in `inside` counts. SIGTERM goes to the
    first child of the first of them: it is older than any process that it left behind.
    """
    ends_at = time.monotonic() + wall_s

    def pass_on(signum: int, _frame: FrameType | None) -> None:
        for pid in children(inside[0])[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)

    signal.signal(signal.SIGTERM, pass_on)
    ended = os.pidfd_open(program)
    while not select.select([ended], [], [], LOOK_EVERY_S)[0]:
        if reason := excess(inside, memory_mb):
            return reason
        if time.monotonic() > ends_at:
            return f"more than {wall_s} s of time"
    os.close(ended)
    return ""


def stop(sandbox: Process) -> None:
    """End bubblewrap and, because of --die-with-parent, everything inside."""
    sandbox.kill()
    sandbox.wait()


def tell(reason: str) -> None:
    """Write into the program's log why it was stopped."""
    line = {"event": "sandbox.stopped", "level": "critical", "used": reason}
    print(json.dumps(line), flush=True)


def main() -> int:
    """Watch until the program inside ends, and return its exit code."""
    limits = json.loads(sys.argv[1])
    bwrap, *arguments = sys.argv[2:]
    program = bytes.fromhex(limits["filter"])
    sandbox, init = start(bwrap, program, expanded(arguments, limits["user"]))
    reason = overdrawn(sandbox.pid, [init], limits["memory_mb"], limits["wall_s"])
    if reason:
        stop(sandbox)
        tell(reason)
        return KILLED
    return sandbox.wait()


if __name__ == "__main__":
    sys.exit(main())
