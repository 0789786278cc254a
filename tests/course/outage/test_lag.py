"""Time limits that stand still while the watched processes wait for a processor."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from course.outage import Fleet, Release
from course.outage.errors import MachineTooBusy
from course.outage.lag import Gauge, Limit
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.messages import http_request

PROCESS = pytest.mark.process
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell")
PINNED = "import os, subprocess, sys; os.sched_setaffinity(0, {%d})\n"
SPIN = PINNED + "print(flush=True)\nwhile True: pass"
BELOW = PINNED + "subprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.fixture
def crowded() -> Iterator[list[int]]:
    """The pids of three busy loops that share one processor, ended afterwards.

    The first is that of the parent of one.
    """
    processor = min(os.sched_getaffinity(0))
    below, loop = BELOW % processor, SPIN % processor
    started = [
        subprocess.Popen(
            [sys.executable, "-c", *code], stdout=-1, start_new_session=True
        )
        for code in ([below, loop], [loop], [loop])
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
    yield [process.pid for process in started]
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def lost_share(roots: list[int]) -> float:
    """The share of a second and a half that the processes `roots` lost."""
    gauge = Gauge(lambda: roots)
    passed = lost = 0.0
    while passed < 1.5:
        time.sleep(0.05)
        more, more_lost = gauge.tick()
        passed, lost = passed + more, lost + more_lost
    assert gauge.ran_s == pytest.approx(passed - lost)
    return lost / passed


@LINUX
@PROCESS
def test_waiting_for_a_processor_is_lost_time(crowded: list[int]) -> None:
    """Of three that share one, each waits for most of the time; also below a root."""
    assert lost_share(crowded[:1]) > 0.3
    assert lost_share(crowded[1:2]) > 0.3


@LINUX
@PROCESS
def test_who_waits_for_its_own_processes_has_lost_nothing(crowded: list[int]) -> None:
    """Or a hundred threads of an endless answer would stop the clock of its limit."""
    assert lost_share(crowded[::-1]) < lost_share(crowded[1:2])


def test_coming_back_late_from_a_nap_is_lost_time() -> None:
    """That is all that is known where the kernel tells nothing."""
    gauge = Gauge(list)
    time.sleep(0.2)
    passed, lost = gauge.tick(napped_s=0.05)
    assert lost == pytest.approx(passed - 0.05)


def test_a_limit_on_a_clock_that_stands_still_is_given_up() -> None:
    """With an error that says how little could be told."""
    limit = Limit("an answer", 2.0, lambda: 0.0, cap_s=0.01)
    assert limit.left_s() == 2.0
    time.sleep(0.02)
    with pytest.raises(MachineTooBusy, match="too busy to tell: an answer was waited"):
        limit.left_s()


def beat(t: float, lost_s: float, passed_s: float = 0.5) -> dict[str, object]:
    """A beat as the supervisor reports it."""
    return {"kind": "beat", "t": t, "passed_s": passed_s, "lost_s": lost_s}


def test_a_wait_ends_when_the_fleet_could_run_so_long() -> None:
    """On its clock, as of the last beat: it may have more to tell from then on."""
    telemetry = Telemetry()
    telemetry.add(beat(0.5, 0.0))
    limit = telemetry.limit("an event", 0.5)
    telemetry.add(beat(0.6, 0.4))
    telemetry.add({"kind": "probe", "t": 1.2, "ms": None, "error": None})
    assert limit.left_s() == pytest.approx(0.4)
    telemetry.add(beat(1.2, 0.0))
    assert limit.left_s() == 0.0


def test_a_wait_ends_with_the_stream_of_events() -> None:
    """Nothing can come any more."""
    telemetry = Telemetry()
    telemetry.add(beat(0.5, 0.0))
    threading.Timer(0.05, telemetry.end).start()
    assert not telemetry.wait_for(lambda _: False, 1000.0)


def test_lag_is_the_most_that_was_lost_in_one_second() -> None:
    """Of the time asked for."""
    telemetry = Telemetry()
    for n, lost in enumerate([0.0, 0.2, 0.3, 0.0, 0.0, 0.1], start=1):
        telemetry.add(beat(n / 2, lost))
    assert telemetry.lag() == pytest.approx(0.5)
    assert telemetry.lag(since=2.0) == pytest.approx(0.1)
    assert telemetry.lag(until=1.0) == pytest.approx(0.2)
    assert Telemetry().lag() == 0.0


@PROCESS
def test_no_time_passes_while_the_fleet_is_stopped() -> None:
    """A request without an answer is then no request that was not answered in time."""
    with Fleet(Release.named("good"), 1) as fleet:
        pids = [fleet.telemetry.processes[-1].pid, fleet.pid]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

        def go_on() -> None:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

        waking = threading.Timer(1.0, go_on)
        waking.start()
        answer = fleet.send(http_request(None, path="/healthz"), timeout_s=0.5)
        waking.join()
    assert answer.status == 200


@PROCESS
def test_an_end_that_has_been_is_known_after_an_answer() -> None:
    """A process is started again only after the end of the one before is told of."""
    with Fleet(Release.named("bad"), 1, first_backoff_s=0.0) as fleet:
        for _ in range(3):
            deaths = len(fleet.telemetry.exits())
            fleet.send(http_request(b'{"region": "nowhere"}'))
            while (
                fleet.send(http_request(b'{"region": "eu-west", "shard": 1}')).status
                != 200
            ):
                pass
            fleet.catch_up()
            assert len(fleet.telemetry.exits()) > deaths
