"""A process that forks others: what they are given, and that none outlives anybody."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from course.outage.errors import ForkServerGone
from course.outage.fleet.forkserver import Forked, ForkServer
from course.outage.tempdirs import own_folder

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="pidfds are Linux's"),
    pytest.mark.process,
]

ENTRIES = "tests.course.outage.fleet.forked_entries"


@pytest.fixture
def server() -> Iterator[ForkServer]:
    """One that runs."""
    with (
        own_folder("outage-forks-") as folder,
        closing(ForkServer(folder / "s", [ENTRIES], {"KNOWN": "to all"})) as running,
    ):
        yield running.wait_ready()


def fork(server: ForkServer, entry: str, out: int, more: dict[int, int]) -> Forked:
    """A fork that runs one of the entries, with standard output and error `out`."""
    with open(os.devnull, "rb") as nothing:
        fds = {0: nothing.fileno(), 1: out, 2: out} | more
        call = f"{ENTRIES}:{entry}"
        return Forked(server.address, call, ["x", "y"], fds, "/usr", {"A": "b"})


def sleeping(server: ForkServer) -> Forked:
    """A fork that sleeps by now."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "wb") as out:
        forked = fork(server, "sleeps", out.fileno(), {})
        assert lines.readline() == "ready\n"
        return forked


def wait_gone(pid: int) -> bool:
    """Whether process `pid` ends soon; nobody may be there to bury it."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_a_fork_has_what_it_was_given_and_nothing_else(server: ForkServer) -> None:
    """Arguments, folder, environment, descriptors under their numbers, a session."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as out, os.fdopen(reading, "rb") as told:
        forked = fork(server, "tells", out.fileno(), {7: writing, 31: writing})
        os.close(writing)
        assert forked.wait(10) == 3
        assert told.read() == b"seven"
        out.seek(0)
        assert out.read().decode().splitlines() == [
            "['x', 'y'] /usr ['A'] True",
            "[7, 31]",
        ]


def test_numbers_may_be_those_of_others(server: ForkServer) -> None:
    """What is sent has low numbers in the server; some are wanted for other things."""
    pipes = [os.pipe() for _ in range(6)]
    writing = {3 + n: pipes[5 - n][1] for n in range(6)}
    with tempfile.TemporaryFile() as out:
        assert fork(server, "tells", out.fileno(), writing).wait(10) == 3
    for _, end in pipes:
        os.close(end)
    said = [os.fdopen(reading, "rb") for reading, _ in pipes]
    for file, expected in zip(said, [b"", b"", b"", b"", b"", b"seven"], strict=True):
        with file:
            assert file.read() == expected


def test_an_exception_is_a_traceback_and_exit_code_1(server: ForkServer) -> None:
    """As in a process of its own; the server goes on."""
    with tempfile.TemporaryFile() as out:
        assert fork(server, "raises", out.fileno(), {}).wait(10) == 1
        out.seek(0)
        assert out.read().decode().endswith("KeyError: 'mars'\n")
    assert server.runs


def test_signals_reach_a_fork(server: ForkServer) -> None:
    """And its exit code tells of them, as in `subprocess`."""
    forked = sleeping(server)
    assert forked.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.05)
    forked.send_signal(signal.SIGTERM)
    assert forked.wait(5) == -signal.SIGTERM
    forked.kill()  # too late, and no error
    killed = sleeping(server)
    killed.kill()
    assert killed.wait(5) == -signal.SIGKILL


def test_a_fork_ends_with_whoever_asked_for_it(server: ForkServer) -> None:
    """However that ended: the kernel closes the connection."""
    forked = sleeping(server)
    forked.connection.close()
    assert wait_gone(forked.pid)
    assert server.runs


def test_forks_end_with_the_server(server: ForkServer) -> None:
    """Whoever waits for them is told that they were killed."""
    forked = sleeping(server)
    server.close()
    assert wait_gone(forked.pid)
    assert forked.wait(5) == -signal.SIGKILL
    with pytest.raises(ForkServerGone):
        sleeping(server)


def test_the_server_and_its_folder_end_with_its_owner(tmp_path: Path) -> None:
    """Even by SIGKILL."""
    code = f"""
import time
from pathlib import Path
from course.outage.fleet.forkserver import ForkServer
from tests.course.outage.fleet.test_forkserver import sleeping
folder = Path({str(tmp_path)!r}, "own")
folder.mkdir()
server = ForkServer(folder / "s", [{ENTRIES!r}], {{}}).wait_ready()
print(server._process.pid, sleeping(server).pid, flush=True)
time.sleep(60)
"""
    owner = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    with owner, owner.stdout or open(os.devnull) as said:
        pids = [int(word) for word in said.readline().split()]
        owner.kill()
    assert len(pids) == 2
    assert all(map(wait_gone, pids))
    assert not (tmp_path / "own").exists()


def test_nonsense_gets_no_process(server: ForkServer) -> None:
    """The connection is closed, and the next one is served."""
    for nonsense in (b"", b"\0\0\0\2[", b"\0\0\0\2{]"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(server.address)
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
    sleeping(server).connection.close()


def test_many_at_once(server: ForkServer) -> None:
    """Each gets its own."""

    def one(_: int) -> int:
        with open(os.devnull, "wb") as nowhere:
            return fork(server, "nothing", nowhere.fileno(), {}).wait(20)

    with ThreadPoolExecutor(16) as clients:
        assert set(clients.map(one, range(100))) == {0}


def test_an_import_that_fails_is_told() -> None:
    """There is no server then."""
    with (
        own_folder("outage-forks-") as folder,
        pytest.raises(ForkServerGone, match="outage doctor"),
    ):
        ForkServer(folder / "s", ["no_such_module"], {}).wait_ready()
