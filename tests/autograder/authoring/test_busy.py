"""Busy loops beside the judge: they take the processor, and nothing outlives us."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from autograder.authoring.busy import busy

pytestmark = pytest.mark.process

STARTS_AND_WAITS = """
from autograder.authoring.busy import busy
with busy(1) as pids:
    print(*pids, flush=True)
    input()
"""


def test_there_are_as_many_as_asked_for_on_each_core_and_none_after() -> None:
    """Each a process that does use the processor."""
    with busy(2) as pids:
        loops = [psutil.Process(pid) for pid in pids]
        assert len(loops) == 2 * (os.cpu_count() or 1)
        while any(loop.cpu_times().user < 0.1 for loop in loops):
            assert all(loop.is_running() for loop in loops)
            time.sleep(0.05)  # there is no event to wait for in another program
    assert not any(loop.is_running() for loop in loops)


def test_none_is_a_number_too() -> None:
    """Nothing is started then."""
    with busy(0) as pids:
        assert pids == []


def test_they_end_when_we_are_killed(environment: dict[str, str]) -> None:
    """Their input ends, and they notice."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        loops = [psutil.Process(int(pid)) for pid in run.stdout.readline().split()]
        assert loops
        run.send_signal(signal.SIGKILL)
    _, left = psutil.wait_procs(loops, timeout=60)
    assert not left
