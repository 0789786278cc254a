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


def fleet_processes() -> list[psutil.Process]:
    """Every process of any fleet of ours: supervisors, reapers and replicas."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any(
            word in {"course.service", "course.outage.supervisor"}
            or word.endswith("reaper.py")
            for word in words
        ):
            found.append(process)
    return found


def fleet_folders() -> list[Path]:
    """Every run folder of a fleet that is there."""
    return list(Path(tempfile.gettempdir()).glob("outage-fleet-*"))


@pytest.fixture(autouse=True, scope="session")
def nothing_is_left_behind() -> Iterator[None]:
    """After the whole run: no process, no folder, beyond what there was before."""
    before = {process.pid for process in fleet_processes()}, set(fleet_folders())
    yield
    psutil.wait_procs(
        [p for p in fleet_processes() if p.pid not in before[0]], timeout=3
    )
    left = [p for p in fleet_processes() if p.pid not in before[0]]
    assert not left, f"left running: {left}"
    assert set(fleet_folders()) <= before[1]


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment for subprocesses that run the project's code."""
    return {**os.environ, "PYTHONPATH": str(PROJECT)}
