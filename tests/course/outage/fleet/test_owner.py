"""Nothing of a fleet outlives its owner, however the owner ends."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import fleet_folders

pytestmark = pytest.mark.process

OWNER = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup would have it ignored
from course.outage import Fleet, Release
from course.outage.traffic.load import Load

print("begun", flush=True)
fleet = Fleet(Release.named(sys.argv[1]), replicas=2)
print(fleet.port, flush=True)
fleet.start_traffic(Load(rate=30, malformed=0.1))
time.sleep(60)
"""

GONE_WITHIN_S = 60.0  # an end is awaited, not timed


def start_owner(release: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """A process that owns a fleet and sleeps."""
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, release],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def family(owner: subprocess.Popen[str]) -> list[psutil.Process]:
    """Every process that the owner has started, directly or not."""
    return psutil.Process(owner.pid).children(recursive=True)


def is_gone(process: psutil.Process) -> bool:
    """Ended; one that only waits for its parent to notice counts as well."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def is_bound(port: int) -> bool:
    """Whether anything listens on `port`."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def assert_all_gone(
    processes: list[psutil.Process], folders: set[Path], ports: list[int]
) -> None:
    """Within 3 seconds no process runs, no port is bound, and no folder is left."""
    deadline = time.monotonic() + GONE_WITHIN_S
    while time.monotonic() < deadline:
        left = (
            [process for process in processes if not is_gone(process)],
            [port for port in ports if is_bound(port)],
            set(fleet_folders()) - folders,
        )
        if not any(left):
            return
        time.sleep(0.02)
    raise AssertionError(f"still there after {GONE_WITHIN_S} s: {left}")


@pytest.mark.parametrize("moment", range(10))
def test_sigkill_of_the_owner_leaves_nothing(
    moment: int, environment: dict[str, str]
) -> None:
    """Killed at a random moment, from the first second of its life to the outage."""
    folders = set(fleet_folders())
    owner = start_owner("bad", environment)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "begun\n"
    # From the middle of the start-up to well into the crash loop.
    time.sleep(random.Random(moment).uniform(0.05, 3.0))
    processes = family(owner)
    owner.kill()
    # Not waited for yet: a zombie owner must count as dead, too.
    with owner.stdout as rest:
        # It knew its port if it had come far enough to print it.
        assert_all_gone(processes, folders, [int(port) for port in rest])
    owner.wait()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_owner_leaves_nothing(
    signum: signal.Signals, environment: dict[str, str]
) -> None:
    """An interrupt from the terminal, a polite kill, a closed terminal."""
    folders = set(fleet_folders())
    owner = start_owner("good", environment)
    assert owner.stdout is not None
    owner.stdout.readline()
    port = int(owner.stdout.readline())
    processes = family(owner)
    os.killpg(owner.pid, signum)
    owner.wait(5)
    owner.stdout.close()
    assert_all_gone(processes, folders, [port])


def test_sigkill_of_the_supervisor_leaves_nothing(environment: dict[str, str]) -> None:
    """The reaper ends the replicas when nobody else is left to do it."""
    folders = set(fleet_folders())
    owner = start_owner("good", environment)
    assert owner.stdout is not None
    owner.stdout.readline()
    port = int(owner.stdout.readline())
    processes = family(owner)
    # It alone has started a process of its own, the reaper; the others are forks.
    supervisor = next(
        p for p in processes if any("reaper" in c.cmdline()[-4] for c in p.children())
    )
    shared = psutil.Process(owner.pid).children()  # the fork server lives on
    supervisor.kill()
    ended = [p for p in processes if p not in {supervisor, *shared}]
    assert_all_gone(ended, folders, [port])
    owner.kill()
    owner.wait()
    owner.stdout.close()
