"""The watch over one sandbox: `python -I -S watch.py SANDBOX -m MODULE ARGUMENTS…`.

It is a script with the standard library alone, because it is started for every confined
process. It starts bubblewrap and does what bubblewrap does not do: it passes SIGTERM on
to the program inside, limits what the whole sandbox uses and how long it lives, and
gives files to the user that the program runs as. Everything inside ends with it,
however it ends.
"""

import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any

Process = subprocess.Popen[bytes]

LOOK_EVERY_S = 0.1
KILLED = 137  # 128 + SIGKILL, as shells report it
KB = 1 << 10
LAUNCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside", "launch.py")

# linux/nsfs.h, linux/sched.h; linux/mount.h: MS_REMOUNT, MS_NOSUID, MS_NODEV
NS_GET_USERNS = 0xB701
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
REMOUNT = 32 | 2 | 4

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


@dataclass(frozen=True)
class Sandbox:
    """All that makes a sandbox; as JSON, it is the argument of the programs that do.

    `bwrap` is bubblewrap's path, and `filter` the program that filters system calls, in
    hexadecimal digits; `inside` is one on top of it for when the program inside runs,
    or empty. `user` is the id that the program inside gets where root starts it, None
    elsewhere. The program can read the files and folders `read`, and change the files
    `write`. It finds nothing of the folders `hidden`, but for what `read` or
    `write` name inside them. Relative paths begin at the folder in which this process
    was started.
    """

    bwrap: str
    filter: str
    inside: str
    user: int | None
    limits: dict[str, int]
    read: list[str]
    write: list[str]
    hidden: list[str]

    def to_json(self) -> str:
        """Return the sandbox as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Sandbox":
        """Return the sandbox of which `to_json` has returned `text`."""
        return cls(**json.loads(text))

    @property
    def program(self) -> bytes:
        """Return the filter for system calls as the kernel takes it."""
        return bytes.fromhex(self.filter)

    @property
    def on_top(self) -> bytes:
        """Return the filter to add once the program inside runs; it may be empty."""
        return bytes.fromhex(self.inside)

    @property
    def user_inside(self) -> int:
        """Return the user to become inside; 0 if that is who one is already."""
        return self.user or 0

    def bwrap_argv(self, filter_fd: int, info_fd: int, program: list[str]) -> list[str]:
        """Return the command that runs `program` in bubblewrap.

        Bubblewrap reads the filter from one descriptor, and writes about the sandbox to
        the other.
        """
        root = self.user is not None
        return [
            self.bwrap,
            *("--seccomp", str(filter_fd), "--info-fd", str(info_fd)),
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-uts",
            "--unshare-cgroup-try",
            *(() if root else ("--unshare-user",)),
            *("--hostname", "sandbox"),
            "--die-with-parent",
            "--new-session",
            *("--cap-drop", "ALL"),
            *(("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID") if root else ()),
            "--clearenv",
            *(arg for pair in ENVIRONMENT.items() for arg in ("--setenv", *pair)),
            *self._file_system(),
            "--",
            *program,
        ]

    def _file_system(self) -> list[str]:
        """Return bubblewrap's options for the whole file system inside."""
        size = str(self.limits["scratch_mb"] << 20)
        options = ["--perms", "1777", "--size", size, "--tmpfs", "/tmp"]
        for path in SYSTEM:
            if os.path.islink(path):
                options += ["--symlink", os.readlink(path), path]
            else:
                options += ["--ro-bind-try", path, path]
        shown = list(map(os.path.abspath, self.read))
        for path in map(os.path.abspath, self.write):
            with open(path, "a") as file:
                if self.user:
                    os.chown(file.fileno(), self.user, self.user)
            shown.append(path)
        hidden = {
            place for path in (*SYSTEM, *shown) for place in self._hidden_in(path)
        }
        writable = {os.path.abspath(path) for path in self.write}
        # What lies inside another folder comes after it.
        for path in sorted({*shown, *hidden}, key=lambda path: path.split("/")):
            if path in hidden:
                options += ["--perms", "0755", "--tmpfs", path]
            else:
                bind = "--bind" if path in writable else "--ro-bind"
                options += [*folders_above(path), bind, path, path]
        for path in sorted(hidden):
            options += ["--remount-ro", path]
        options += ["--proc", "/proc", "--dev", "/dev"]
        # Both are in memory, half of which they could fill if they were writable.
        return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]

    def _hidden_in(self, shown: str) -> list[str]:
        """Return where the hidden folders stand below the folder `shown`."""
        real = os.path.realpath(shown)
        return [
            os.path.join(shown, os.path.relpath(path, real))
            for path in map(os.path.realpath, self.hidden)
            if os.path.isdir(path) and path != real and is_below(path, real)
        ]


def launcher(
    limits: dict[str, int],
    user: int | None,
    gate: Sequence[int] = (),
    on_top: bytes = b"",
) -> list[str]:
    """Return the command before -m that runs a module under limits: see launch.py."""
    options = {
        "limits": limits,
        "user": user,
        "gate": list(gate),
        "on_top": on_top.hex(),
    }
    return [sys.executable, LAUNCH, json.dumps(options)]


def folders_above(path: str) -> list[str]:
    """Return options that make the folders above `path`, which anybody may enter.

    Otherwise only root could.
    """
    options: list[str] = []
    folder = os.path.dirname(path)
    while folder not in {"/", "/tmp"}:
        options = ["--perms", "0755", "--dir", folder, *options]
        folder = os.path.dirname(folder)
    return options


def is_below(path: str, folder: str) -> bool:
    """Return whether `path` is `folder` or below it; both are absolute."""
    return os.path.commonpath([path, folder]) == folder


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


def open_files(pid: int, most: int) -> int:
    """Return how many files process `pid` has open; `most` if it hides them."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return most
    except OSError:
        return 0


def used_cpu_s(pid: int) -> float:
    """Return the processor time of `pid` and its children that have ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = file.read().rpartition(b")")[2].split()[11:15]
    except OSError:
        return 0.0
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def excess(roots: list[int], limits: dict[str, int]) -> str:
    """Return which limit the processes below `roots` exceed, in words, or ""."""
    inside = [pid for root in roots for pid in descendants(root)]
    most = limits["all_open_files"]
    if sum(open_files(pid, limits["open_files"]) for pid in inside) > most:
        return f"more than {most} open files"
    cpu_s = limits["cpu_s"]
    if sum(map(used_cpu_s, {*roots, *inside})) > cpu_s:
        return f"more than {cpu_s} s of processor time"
    most_kb = limits["memory_mb"] * KB
    if sum(map(resident_kb, inside)) <= most_kb:
        return ""
    if sum(map(proportional_kb, inside)) <= most_kb:
        return ""
    return f"more than {limits['memory_mb']} MB of memory"


def start(sandbox: Sandbox, program: list[str], **options: Any) -> tuple[Process, int]:
    """Start `program` in a new sandbox; `options` are Popen's.

    Returns bubblewrap's process, and the pid of the sandbox's init, or 0 if bubblewrap
    has failed.
    """
    filter_fd = os.memfd_create("filter")
    os.write(filter_fd, sandbox.program)
    os.lseek(filter_fd, 0, os.SEEK_SET)
    reading, writing = os.pipe()
    for fd in (filter_fd, writing):
        os.set_inheritable(fd, True)
    argv = sandbox.bwrap_argv(filter_fd, writing, program)
    # Every descriptor that our parent passed on goes on to the program inside.
    process = subprocess.Popen(argv, close_fds=False, **options)
    os.close(filter_fd)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()  # blocks until bubblewrap has written it, or has failed
    return process, json.loads(text)["child-pid"] if text else 0


def overdrawn(program: int, inside: list[int], limits: dict[str, int]) -> str:
    """Watch until process `program` ends or exceeds one of `limits`; return which.

    Returns "" if it has ended.

    What all processes below those in `inside` use counts together. SIGTERM goes to the
    first child of the first of them: it is older than any process that it left behind.
    """
    ends_at = time.monotonic() + limits["wall_s"]

    def pass_on(signum: int, _frame: FrameType | None) -> None:
        for pid in children(inside[0])[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)

    signal.signal(signal.SIGTERM, pass_on)
    ended = os.pidfd_open(program)
    while not select.select([ended], [], [], LOOK_EVERY_S)[0]:
        if reason := excess(inside, limits):
            return reason
        if time.monotonic() > ends_at:
            return f"more than {limits['wall_s']} s of time"
    os.close(ended)
    return ""


def bound_files(init: int, most: int) -> None:
    """Let there be at most so many files in /tmp in the sandbox of process `init`.

    Bubblewrap bounds bytes alone. This is done from outside, before any other people's
    code runs: whoever owns the sandbox's mounts may change their options. Raises
    OSError.
    """
    child = os.fork()
    if child == 0:
        code = errno.EIO
        try:
            remount(init, f"nr_inodes={most}")
            code = 0
        except OSError as exc:
            code = exc.errno or errno.EIO
        finally:
            os._exit(code)
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise OSError(code, f"cannot bound files in a sandbox: {os.strerror(code)}")


def remount(init: int, options: str) -> None:
    """Enter the sandbox of process `init`; change the options of /tmp there."""
    import ctypes  # only in the child that needs it

    libc = ctypes.CDLL(None, use_errno=True)
    mounts = os.open(f"/proc/{init}/ns/mnt", os.O_RDONLY)
    owners = fcntl.ioctl(mounts, NS_GET_USERNS)
    own = os.path.samestat(os.fstat(owners), os.stat("/proc/self/ns/user"))
    if (
        (not own and libc.setns(owners, CLONE_NEWUSER))
        or libc.setns(mounts, CLONE_NEWNS)
        or libc.mount(None, b"/tmp", None, REMOUNT, options.encode())
    ):
        raise OSError(ctypes.get_errno(), "the file system of a sandbox")


def stop(bubblewrap: Process) -> None:
    """End bubblewrap and, because of --die-with-parent, everything inside."""
    bubblewrap.kill()
    bubblewrap.wait()


def tell(reason: str) -> None:
    """Write into the program's log why it was stopped."""
    line = {"event": "sandbox.stopped", "level": "critical", "used": reason}
    print(json.dumps(line), flush=True)


def main() -> int:
    """Watch until the program inside ends, and return its exit code."""
    sandbox, module = Sandbox.from_json(sys.argv[1]), sys.argv[2:]
    ready, reports = os.pipe()
    waits, go = os.pipe()
    for fd in (reports, waits):
        os.set_inheritable(fd, True)
    gate = [reports, waits]
    inside = launcher(sandbox.limits, sandbox.user_inside, gate, sandbox.on_top)
    bubblewrap, init = start(sandbox, [*inside, *module])
    os.close(reports)
    os.close(waits)
    if os.read(ready, 1):  # nothing if bubblewrap has failed
        bound_files(init, sandbox.limits["scratch_files"])
        os.write(go, b"\n")
    os.close(ready)
    os.close(go)
    if reason := overdrawn(bubblewrap.pid, [init], sandbox.limits):
        stop(bubblewrap)
        tell(reason)
        return KILLED
    return bubblewrap.wait()


if __name__ == "__main__":
    sys.exit(main())
