"""Shared by all tests: where the project is, and a watch on what they leave behind."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

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
    ours = tempfile.mkdtemp(prefix="outage-tests-")
    os.environ["TMPDIR"] = tempfile.tempdir = ours
    yield
    processes = fleet_processes()
    psutil.wait_procs(processes, timeout=3)
    left = [p for p in fleet_processes() if p.status() != psutil.STATUS_ZOMBIE]
    assert not left, f"left running: {left}"
    assert not os.listdir(ours), f"left in {ours}: {os.listdir(ours)}"
    os.rmdir(ours)


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment for subprocesses that run the project's code."""
    return {**os.environ, "PYTHONPATH": str(PROJECT)}
