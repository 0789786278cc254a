"""A server that has imported the modules others need, and forks a process on request.

    with closing(ForkServer(address, ["fastapi"], env={})) as server:
        server.wait_ready()
        Forked(server.address, "module:function", …).wait()

A Python that imports the service takes half a second of CPU to start; a fork of one
that has done so takes a hundredth of that. Nothing but imports happens in the server,
so each fork begins as clean as a process of its own.

Each connection to its Unix socket asks for one process. The request is a length in 4
bytes and then JSON, {"call": "module:function", "argv", "cwd", "env", "fds"}; with it
go the descriptors that are to have the numbers "fds" in the process. The answer is two
lines, the pid and later the exit code as in `subprocess`. Each byte that follows the
request is a signal for the process, and the end of the connection is SIGKILL: no
process outlives its client. All of them end with the server, and the server ends with
its standard input. Linux only.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self

from course.outage.errors import ForkServerGone

PROJECT = Path(__file__).parents[3]
REQUEST_WITHIN_S = 10.0
READY_WITHIN_S = 60.0
MOST_FDS = 32
MAIN = "from course.outage.fleet import forkserver; forkserver.main()"
PR_SET_PDEATHSIG = 1

# The address of the server that has forked this process, if one has.
ours: str | None = None


class ForkServer:
    """A running server; it ends when it is closed, or with this process.

    Once it is ready it has imported `modules`, and listens on `address`, in a folder
    that it removes if this process is killed. `env` is all of its environment, and can
    be read by every fork.
    """

    def __init__(
        self, address: Path, modules: Sequence[str], env: Mapping[str, str]
    ) -> None:
        self.address = str(address)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-u", "-c", MAIN, self.address, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            env={**env, "PYTHONPATH": str(PROJECT)},
            start_new_session=True,
        )

    def wait_ready(self) -> Self:
        """Wait until the server listens. Raises ForkServerGone if it never does."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], READY_WITHIN_S)[0] or (
            self._process.stdout.readline() != b"ready\n"
        ):
            self.close()
            raise ForkServerGone("The fork server did not start. Run ./outage doctor.")
        return self

    @property
    def runs(self) -> bool:
        """Return whether the server still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the server, and all processes that it has forked."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Forked:
    """A process that the server at `address` has forked, much like a `Popen`.

    It runs `call`, "module:function", with sys.argv as `argv`, and has our descriptors
    `fds` under the numbers that are their keys; without a 0, its standard input is
    empty. Raises ForkServerGone.
    """

    def __init__(
        self,
        address: str,
        call: str,
        argv: Sequence[str],
        fds: Mapping[int, int],
        cwd: str,
        env: Mapping[str, str],
    ) -> None:
        self.returncode: int | None = None
        self.connection = socket.socket(socket.AF_UNIX)
        try:
            self.connection.connect(address)
            request = {
                "call": call,
                "argv": list(argv),
                "cwd": cwd,
                "env": dict(env),
                "fds": list(fds),
            }
            text = json.dumps(request).encode()
            text = len(text).to_bytes(4, "big") + text
            sent = socket.send_fds(self.connection, [text], list(fds.values()))
            self.connection.sendall(text[sent:])
            self.pid = self._next_number()
        except OSError as exc:
            self.connection.close()
            raise ForkServerGone(f"The fork server at {address}: {exc}") from exc

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the process, and return its exit code.

        Raises subprocess.TimeoutExpired after `timeout` seconds.
        """
        if self.returncode is None:
            if not select.select([self.connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.ended()
        assert self.returncode is not None
        return self.returncode

    def ended(self) -> None:
        """Read the exit code that has come; a lost server has killed the process."""
        try:
            self.returncode = self._next_number()
        except OSError:
            self.returncode = -signal.SIGKILL
        self.connection.close()

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send a signal to the process, if it still runs."""
        with suppress(OSError):
            self.connection.send(bytes([signum]))

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)

    def _next_number(self) -> int:
        line = b""
        while not line.endswith(b"\n"):
            byte = self.connection.recv(1)
            if not byte:
                raise ConnectionResetError("it has ended")
            line += byte
        return int(line)


Process = Forked | subprocess.Popen[bytes]


def start(
    module: str,
    argv: Sequence[str],
    fds: Mapping[int, int],
    env: Mapping[str, str],
    cwd: str = ".",
    server: str | None = None,
) -> Process:
    """Run `module`, which has a main(), in a session of its own; `fds` as for `Forked`.

    The server at the address `server` forks it; left out, the one that has forked this
    process. If there is neither, a new Python runs it.
    """
    address = server or ours
    if address is not None:
        forked_argv, folder = [module, *argv], os.path.abspath(cwd)
        return Forked(address, f"{module}:main", forked_argv, fds, folder, env)
    passed = [fd for number, fd in fds.items() if number > 2]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *argv],
        cwd=cwd,
        stdin=fds.get(0, subprocess.DEVNULL),
        stdout=fds[1],
        stderr=fds[2],
        pass_fds=passed,
        env={**env, "PYTHONPATH": str(PROJECT)},
        start_new_session=True,
    )


@dataclass
class Request:
    """A request for a process, and the descriptors `fds` as they are numbered here."""

    description: dict[str, Any]
    fds: list[int]

    def become(self) -> NoReturn:
        """Become the requested process, and exit as it ends."""
        self._take_descriptors()
        os.setsid()
        os.chdir(self.description["cwd"])
        os.environ.clear()
        os.environ.update(self.description["env"])
        sys.argv = self.description["argv"]
        module, function = self.description["call"].split(":")
        code = getattr(importlib.import_module(module), function)()
        sys.stdout.flush()
        sys.stderr.flush()
        # Finalizing all imported modules takes longer than most of them live.
        os._exit(code or 0)

    def _take_descriptors(self) -> None:
        """Give each descriptor its number in the process, and close all others."""
        wanted = self.description["fds"]
        above = max(2, *wanted, *self.fds) + 1
        moved = []
        for number, fd in enumerate(self.fds, above):
            os.dup2(fd, number)
            moved.append(number)
        os.closerange(3, above)
        for number, fd in zip(wanted, moved, strict=True):
            os.dup2(fd, number)
        os.closerange(above, os.sysconf("SC_OPEN_MAX"))
        if 0 not in wanted:
            devnull = os.open(os.devnull, os.O_RDONLY)
            os.dup2(devnull, 0)
            os.close(devnull)


@dataclass
class Child:
    """A forked process that runs, and the connection to its client."""

    pid: int
    pidfd: int
    connection: socket.socket


class Server:
    """Forks a process for each request, until standard input ends."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._ready = selectors.DefaultSelector()
        self._ready.register(listening, selectors.EVENT_READ)
        self._ready.register(sys.stdin, selectors.EVENT_READ)

    def serve(self) -> Request | None:
        """Fork for each request; return it in the child, and None here at the end."""
        while True:
            for key, _ in self._ready.select():
                child: Child | None = key.data
                if key.fileobj is sys.stdin:
                    return None
                if child is None:
                    if request := self._accept():
                        return request
                elif child.pidfd < 0:
                    pass  # it was reaped in this round
                elif key.fd == child.pidfd:
                    self._reap(child)
                else:
                    self._obey(child)

    def _accept(self) -> Request | None:
        """Fork a child for a client; return the request in the child, and None here."""
        connection, _ = self._listening.accept()
        try:
            connection.settimeout(REQUEST_WITHIN_S)
            request = received(connection)
        except (OSError, ValueError):
            connection.close()  # the client has gone, or sends no such request
            return None
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            end_with_parent(server)
            connection.close()
            self._close()
            return request
        for fd in request.fds:
            os.close(fd)
        child = Child(pid, os.pidfd_open(pid), connection)
        self._ready.register(connection, selectors.EVENT_READ, child)
        self._ready.register(child.pidfd, selectors.EVENT_READ, child)
        with suppress(OSError):
            connection.sendall(b"%d\n" % pid)
        return None

    def end(self) -> None:
        """Kill every child that still runs."""
        children = [key.data for key in self._ready.get_map().values() if key.data]
        for child in children:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
        for pid in {child.pid for child in children}:
            os.waitpid(pid, 0)

    def _close(self) -> None:
        # In a child, now: when collected they would close other files of their numbers.
        for key in list(self._ready.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._ready.close()

    def _obey(self, child: Child) -> None:
        """Pass the client's signals on to the child; kill it if the client has gone."""
        try:
            signals = child.connection.recv(64)
        except OSError:
            signals = b""
        if not signals:
            self._ready.unregister(child.connection)
        for signum in signals or [signal.SIGKILL]:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(child.pidfd, signum)

    def _reap(self, child: Child) -> None:
        _, status = os.waitpid(child.pid, 0)
        with suppress(OSError):
            child.connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        with suppress(KeyError):
            self._ready.unregister(child.connection)
        self._ready.unregister(child.pidfd)
        child.connection.close()
        os.close(child.pidfd)
        child.pidfd = -1


def received(connection: socket.socket) -> Request:
    """Return the request of a client that has connected. Raises OSError, ValueError."""
    text, fds, _, _ = socket.recv_fds(connection, 1 << 16, MOST_FDS)
    length = int.from_bytes(text[:4], "big")
    while len(text) < 4 + length:
        more = connection.recv(1 << 16)
        if not more:
            raise ConnectionResetError("the request is cut off")
        text += more
    return Request(json.loads(text[4:]), fds)


def end_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent`, which has forked it, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has just ended
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run a fork server: import the modules of the command line, listen, fork."""
    global ours  # it holds for this process, and those it forks
    address, *modules = sys.argv[1:]
    for name in modules:
        importlib.import_module(name)
    # A fork has one thread; locks that another one held would stay locked in it.
    assert len(os.listdir("/proc/self/task")) == 1, "an import has started a thread"
    gc.collect()
    gc.freeze()  # or the first collection in each fork would copy every page
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(64)
    with suppress(BrokenPipeError):  # whoever wanted it has ended meanwhile
        print("ready", flush=True)
    ours = address
    server = Server(listening)
    request = server.serve()
    if request is not None:
        request.become()
    server.end()
    shutil.rmtree(Path(address).parent, ignore_errors=True)
