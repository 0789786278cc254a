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
from typing import Any

import jupytext  # noqa: F401 - here, because it starts pandoc, if that is installed
import psutil
import pytest

from autograder.cli.test import Part
from autograder.judge import fork_servers
from course.outage.fleet import warm
from tests import order, processes

PROJECT = Path(__file__).parents[1]
# Names this run's folder. Each process that runs tests has its temporary files in a
# folder below it, by which what they start and leave can be told from a course that
# runs beside them.
FOLDER = "OUTAGE_TESTS_FOLDER"
END_WITHIN_S = 20  # an end is awaited, not timed: this is for what never ends
# What Jupyter and IPython keep in a user's home, where kernels of several workers
# would meet.
HOMES = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")


def pytest_configure(config: pytest.Config) -> None:
    """Make this run's folder, in the process that starts the others."""
    if not hasattr(config, "workerinput"):
        # Its path is short: Unix sockets lie in it.
        folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="outage-t-")
        Path(folder).chmod(0o755)  # some of what runs below it has users of its own
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.Units:
    """Share the tests among workers by unit, in their order."""
    config.option.loadscopereorder = False
    return order.Units(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the tests in the order in which workers take them."""
    if workers := getattr(config, "workerinput", {}).get("workercount"):
        items[:] = order.ordered(items, workers)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Let no test of `outage test --quick` start a process."""
    with processes.refused(unless=may_start_processes(item)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """The same, for the test itself."""
    with processes.refused(unless=may_start_processes(item)):
        return (yield)


def may_start_processes(item: pytest.Item) -> bool:
    """Return whether a test has one of the marks that --quick leaves out."""
    return any(item.get_closest_marker(mark) for mark in Part.QUICK.value)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if anything is left when all workers have ended."""
    if hasattr(session.config, "workerinput"):
        return
    if left := left_behind(Path(os.environ[FOLDER])):
        print(f"\nleft behind by the tests: {left}")
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture(autouse=True, scope="session")
def nothing_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """After all tests of this process: none of its processes, and no folder of theirs.

    Wherever they ask for a temporary folder, they get one below this process's own.
    """
    tmp_path_factory.getbasetemp()  # pytest's own goes where it always goes
    ours = Path(os.environ[FOLDER], os.environ.get("PYTEST_XDIST_WORKER", "all"))
    ours.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(ours)
    for name in HOMES:
        os.environ[name] = str(ours / name.lower())
    # A shell that runs us in the background has SIGINT ignored, and what we start would
    # inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # nbgrader runs `alembic` by name, and pytest may have been called by its path.
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([here, os.environ["PATH"]])
    yield
    fork_servers.end()  # or they would end with us, a moment later
    warm.end()
    left = left_behind(ours)
    assert not left, f"left behind: {left}"


def left_behind(folder: Path) -> list[object]:
    """Return the processes that still run for `folder`, and what they have left in it.

    Only what is ours: Chromium, npm and the like leave what they like.
    """
    _, alive = psutil.wait_procs(running(folder), timeout=END_WITHIN_S)
    left = [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    return [*left, *folder.glob("outage-*"), *folder.glob("*/outage-*")]


def running(folder: Path) -> list[psutil.Process]:
    """Return the processes whose temporary folder or place is `folder` or below it."""
    found = []
    for process in psutil.process_iter():
        try:
            places = process.environ().get("TMPDIR", "/"), process.cwd()
        except psutil.Error:
            continue  # ended meanwhile, or not ours to look at
        if process.pid != os.getpid() and any(
            Path(place).is_relative_to(folder) for place in places
        ):
            found.append(process)
    return found


def fleet_folders() -> list[Path]:
    """Every run folder of a fleet that the tests of this process have started."""
    return list(Path(tempfile.gettempdir()).glob("outage-fleet-*"))


@contextmanager
def served_lab(project: Path, folder: Path, command: str = "learn") -> Iterator[str]:
    """`outage learn` in a copy of `project` below `folder`; yields its address.

    The copy may be there already, as folder/project.
    """
    copy = folder / "project"
    if not copy.exists():
        copy_project(project, copy)
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "autograder.cli",
            command,
            "--no-browser",
            "--port",
            "0",
        ],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
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
            assert server.wait(60) == 0


def copy_project(project: Path, copy: Path) -> None:
    """Copy a checkout, without its tests and what commands have left in it."""
    left_out = (
        ".git",
        ".venv*",
        "work",
        "tests",
        "node_modules",
        "gradebook.db",
    )
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(*left_out))


def wait_until_served(address: str, server: subprocess.Popen[str]) -> None:
    """Return once something answers at `address`."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
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
