"""Shared by all tests: where the project is, and a watch on what they leave behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from autograder.judge import warm

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


def fleet_folders() -> list[Path]:
    """Every run folder of a fleet that these tests have started."""
    return list(Path(tempfile.gettempdir()).glob("outage-fleet-*"))


def fleet_processes() -> list[psutil.Process]:
    """Every process of such a fleet: supervisors, reapers and replicas."""
    ours = tempfile.gettempdir()
    found = []
    for process in psutil.process_iter():
        try:
            place = process.environ().get("TMPDIR"), process.cwd()
        except psutil.Error:
            continue  # ended meanwhile, or not ours to look at
        if process.pid != os.getpid() and (
            place[0] == ours or place[1].startswith(ours)
        ):
            found.append(process)
    return found


@pytest.fixture(autouse=True, scope="session")
def nothing_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """After the whole run: none of its processes, and no temporary folder.

    The tests have a temporary folder of their own, by which both can be told from those
    of a course that runs beside them. Its path is short: Unix sockets may lie in it.
    """
    tmp_path_factory.getbasetemp()  # pytest's own goes where it always goes
    ours = tempfile.mkdtemp(prefix="outage-tests-")
    os.environ["TMPDIR"] = tempfile.tempdir = ours
    # A shell that runs us in the background has SIGINT ignored, and what we start would
    # inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # nbgrader runs `alembic` by name, and pytest may have been called by its path.
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([here, os.environ["PATH"]])
    yield
    warm.end()  # or they would end with us, a moment later
    processes = fleet_processes()
    psutil.wait_procs(processes, timeout=3)
    left = [p for p in fleet_processes() if p.status() != psutil.STATUS_ZOMBIE]
    assert not left, f"left running: {left}"
    # Only what is ours: Chromium, npm and the like leave what they like.
    names = [name for name in os.listdir(ours) if name.startswith("outage-")]
    assert not names, f"left in {ours}: {names}"
    shutil.rmtree(ours)


@contextmanager
def served_lab(project: Path, folder: Path, command: str = "learn") -> Iterator[str]:
    """`outage learn` in a copy of `project` below `folder`; yields its address.

    The copy may be there already, as folder/project.
    """
    left_out = shutil.ignore_patterns(".git", ".venv", "work", "__pycache__", "tests")
    copy = folder / "project"
    if not copy.exists():
        shutil.copytree(project, copy, ignore=left_out)
    server = subprocess.Popen(
        [sys.executable, "-m", "course.cli", command, "--no-browser", "--port", "0"],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    with server.stdout:
        address = next(
            line for line in server.stdout if line.startswith("http")
        ).strip()
        try:
            wait_until_served(address, server)
            yield address
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(15) == 0


def wait_until_served(address: str, server: subprocess.Popen[str]) -> None:
    """Return once something answers at `address`."""
    for _ in range(300):
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address, timeout=10):
                return
        except OSError:
            time.sleep(0.1)  # there is no event to wait for in another program
    raise AssertionError(f"nothing is served at {address}")


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment for subprocesses that run the project's code."""
    return {**os.environ, "PYTHONPATH": str(PROJECT)}
