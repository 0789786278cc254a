"""Keeps watch over one bubblewrap: `python -I -S watch.py '{…}' bwrap ARGUMENTS…`.

A script of its own, with the standard library alone, because it is started for every
confined process. It does what bubblewrap does not: passes SIGTERM on to the program
inside, bounds the memory of the whole sandbox and its life, gives files to the user
that the program runs as. Everything inside ends with it, however it ends.
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
    """The pids of the children of process `pid`, none if it has gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """All processes below `pid`: inside a sandbox, none can leave this tree."""
    found, look_at = [], [pid]
    while look_at:
        found += (below := children(look_at.pop()))
        look_at += below
    return found


def proportional_kb(pid: int) -> int:
    """Memory of process `pid`, pages that it shares counted in part."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(ln.split()[1]) for ln in file if ln.startswith("Pss:"))
    except (OSError, StopIteration):
        return resident_kb(pid)  # it may have made itself unreadable


def resident_kb(pid: int) -> int:
    """Memory of process `pid`, shared pages and all: quick to read, and more."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // KB
    except OSError:
        return 0


def excess(roots: list[int], memory_mb: int) -> str:
    """What the processes below `roots` have too much of, in words, or nothing."""
    inside = [pid for root in roots for pid in descendants(root)]
    if sum(map(resident_kb, inside)) <= memory_mb * KB:
        return ""
    if sum(map(proportional_kb, inside)) <= memory_mb * KB:
        return ""
    return f"more than {memory_mb} MB of memory"


def expanded(words: list[str], user: int | None) -> list[str]:
    """bubblewrap's `words`, with two more of ours put into its own.

    --read PATH and --write PATH bind PATH where it is; a file to write to is made if it
    is missing, and given to `user`. The folders above would else be for root alone.
    """
    result: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word not in {"--read", "--write"}:
            result.append(word)
            continue
        path = next(remaining)
        if word == "--write":
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
        result += ["--ro-bind" if word == "--read" else "--bind", path, path]
    return result


def start(
    bwrap: str, program: bytes, words: list[str], **options: Any
) -> tuple[Process, int]:
    """Start bubblewrap under a system call filter, `program`; `options` as for Popen.

    Returns it, and the pid of the sandbox's init; 0 if bubblewrap has failed.
    """
    filter_fd = os.memfd_create("filter")
    os.write(filter_fd, program)
    os.lseek(filter_fd, 0, os.SEEK_SET)
    reading, writing = os.pipe()
    for fd in (filter_fd, writing):
        os.set_inheritable(fd, True)
    own = ["--seccomp", str(filter_fd), "--info-fd", str(writing)]
    # Every descriptor that our parent passed on goes on to the program inside.
    process = subprocess.Popen([bwrap, *own, *words], close_fds=False, **options)
    os.close(filter_fd)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()  # until bubblewrap has written it, or has failed
    return process, json.loads(text)["child-pid"] if text else 0


def overdrawn(program: int, inside: list[int], memory_mb: int, wall_s: int) -> str:
    """Watch until process `program` ends: nothing; or what it had too much of.

    All below the processes `inside` counts as memory. SIGTERM goes to the first child
    of the first: it was there before any that it left behind.
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
    """End bubblewrap, and with it, by --die-with-parent, everything inside."""
    sandbox.kill()
    sandbox.wait()


def tell(reason: str) -> None:
    """Say in the program's log why it was stopped."""
    line = {"event": "sandbox.stopped", "level": "critical", "used": reason}
    print(json.dumps(line), flush=True)


def main() -> int:
    """Watch until the program inside ends. Returns its exit code."""
    told = json.loads(sys.argv[1])
    bwrap, *words = sys.argv[2:]
    program = bytes.fromhex(told["filter"])
    sandbox, init = start(bwrap, program, expanded(words, told["user"]))
    reason = overdrawn(sandbox.pid, [init], told["memory_mb"], told["wall_s"])
    if reason:
        stop(sandbox)
        tell(reason)
        return KILLED
    return sandbox.wait()


if __name__ == "__main__":
    sys.exit(main())
