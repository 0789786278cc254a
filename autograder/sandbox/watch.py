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


def excess(init: int, memory_mb: int) -> str:
    """What the sandbox of process `init` has too much of, in words, or nothing."""
    inside = descendants(init)
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


def start(bwrap: str, program: bytes, words: list[str]) -> tuple[Process, int]:
    """Start bubblewrap under a system call filter, `program`.

    Returns it, and a descriptor on which it tells the pid of the sandbox's init.
    """
    filter_fd = os.memfd_create("filter")
    os.write(filter_fd, program)
    os.lseek(filter_fd, 0, os.SEEK_SET)
    reading, writing = os.pipe()
    for fd in (filter_fd, writing):
        os.set_inheritable(fd, True)
    own = ["--seccomp", str(filter_fd), "--info-fd", str(writing)]
    # Every descriptor that our parent passed on goes on to the program inside.
    process = subprocess.Popen([bwrap, *own, *words], close_fds=False)
    os.close(filter_fd)
    os.close(writing)
    return process, reading


def main() -> int:
    """Watch until the program inside ends. Returns its exit code."""
    told = json.loads(sys.argv[1])
    ends_at = time.monotonic() + told["wall_s"]
    bwrap, *words = sys.argv[2:]
    program = bytes.fromhex(told["filter"])
    process, info = start(bwrap, program, expanded(words, told["user"]))
    with os.fdopen(info) as file:
        text = file.read()  # until bubblewrap has written it, or has failed
    init = json.loads(text)["child-pid"] if text else 0

    def pass_on(signum: int, _frame: FrameType | None) -> None:
        # The first child of the sandbox's init is the program: it was there before any
        # that the program left behind.
        for pid in children(init)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)

    signal.signal(signal.SIGTERM, pass_on)
    ended = os.pidfd_open(process.pid)
    while not select.select([ended], [], [], LOOK_EVERY_S)[0]:
        reason = excess(init, told["memory_mb"])
        if time.monotonic() > ends_at:
            reason = f"more than {told['wall_s']} s of time"
        if reason:
            process.kill()  # and with it, by --die-with-parent, everything inside
            process.wait()
            line = {"event": "sandbox.stopped", "level": "critical", "used": reason}
            print(json.dumps(line), flush=True)
            return KILLED
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
