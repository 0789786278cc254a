"""The clock of a fleet: what sets it, who reads it, and a loop that keeps its time."""

import asyncio
import mmap
import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from course.outage.fleet import clock as clocks
from course.outage.fleet.clock import FleetClock
from course.outage.lag import NAP_S, Gauge
from course.service.clock import LONGEST_STEP_S, SIZE, Loop, SharedClock


class Lossy(Gauge):
    """A gauge that finds the same share of the time lost at each look."""

    def __init__(self, share: float) -> None:
        super().__init__(list)
        self.share = share

    def tick(self, napped_s: float | None = None) -> tuple[float, float]:
        """Return the seconds since the last call, and the share of them."""
        passed_s, _ = super().tick(napped_s)
        return passed_s, self.share * passed_s


def test_it_gains_as_much_as_was_not_lost(tmp_path: Path) -> None:
    """In a second in which nine tenths are lost, a tenth, whatever the wall says."""
    clock = FleetClock(tmp_path / "clock", Lossy(0.9))
    time.sleep(NAP_S)
    clock.set()
    before, began = clock.time(), time.monotonic()
    for _ in range(10):
        time.sleep(NAP_S)
        clock.set()
    gained_s, passed_s = clock.time() - before, time.monotonic() - began
    assert 0.0 < gained_s <= 0.101 * passed_s


def test_another_process_reads_the_same_time(tmp_path: Path) -> None:
    """From the file, also after it has been set."""
    clock = FleetClock(tmp_path / "clock", Lossy(0.5))
    shared = SharedClock(clock.fd)
    for _ in range(3):
        before = clock.time()
        assert before <= shared.time() <= clock.time()
        assert shared.rate == clock.rate
        time.sleep(NAP_S)
        clock.set()


@pytest.mark.skipif(sys.platform != "linux", reason="files are sealed on Linux alone")
def test_nobody_else_can_set_it_or_cut_it_off(tmp_path: Path) -> None:
    """Neither by the descriptor that replicas have nor by its name in /proc."""
    clock = FleetClock(tmp_path / "clock", Lossy(0.5))
    again = os.open(clock.path, os.O_RDWR)
    for fd in (clock.fd, again):
        for change in (
            lambda fd=fd: os.pwrite(fd, b"\xff", 0),
            lambda fd=fd: os.ftruncate(fd, 0),
            lambda fd=fd: mmap.mmap(fd, SIZE),
        ):
            with pytest.raises(PermissionError):
                change()
    os.close(again)
    clock.set()
    assert SharedClock(clock.fd).rate == clock.rate


def test_it_stands_still_when_nobody_sets_it(tmp_path: Path) -> None:
    """Stop with its owner, who gets no processor and sends no traffic either."""
    clock = FleetClock(tmp_path / "clock", Lossy(0.0))
    time.sleep(LONGEST_STEP_S)
    stopped_at = clock.time()
    time.sleep(NAP_S)
    assert clock.time() == stopped_at <= LONGEST_STEP_S


def test_who_is_late_to_sleep_until_it_is_set_again_does_not_sleep_for_ever(
    tmp_path: Path,
) -> None:
    """A clock that nobody sets stops: what sets it must not wait for more than that."""
    clock = FleetClock(tmp_path / "clock", Lossy(0.5))

    async def beat_late() -> None:
        for _ in range(3):
            time.sleep(2 * LONGEST_STEP_S)  # noqa: ASYNC251 - as if it got no processor
            await asyncio.sleep(clock.next_set - clock.time())
            clock.set()

    with asyncio.Runner(loop_factory=partial(Loop, clock)) as runner:
        runner.run(beat_late())


def test_a_slow_machine_has_a_slow_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a service that takes four times as long would be served too much traffic."""
    monkeypatch.setattr(clocks, "_measured_s", lambda: 4 * clocks.REFERENCE_S)
    assert FleetClock(tmp_path / "slow", Lossy(0.0)).rate == 0.25
    monkeypatch.setattr(clocks, "_measured_s", lambda: clocks.REFERENCE_S / 2)
    assert FleetClock(tmp_path / "quick", Lossy(0.0)).rate == 1.0


def test_sleeps_and_time_outs_of_a_loop_go_by_it(tmp_path: Path) -> None:
    """A sleep of 0.1 s takes a second where nine tenths of the time are lost."""
    clock = FleetClock(tmp_path / "clock", Lossy(0.9))

    async def sleep() -> tuple[float, float]:
        setting = asyncio.create_task(beat())
        await asyncio.sleep(NAP_S)
        slept_from, began = asyncio.get_running_loop().time(), time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await asyncio.sleep(3600)
        setting.cancel()
        slept_s = asyncio.get_running_loop().time() - slept_from
        return slept_s, time.monotonic() - began

    async def beat() -> None:
        while True:
            await asyncio.sleep(clock.next_set - clock.time())
            clock.set()

    with asyncio.Runner(loop_factory=partial(Loop, clock)) as runner:
        slept_s, passed_s = runner.run(sleep())
    assert slept_s >= 0.1
    assert passed_s >= 5 * slept_s
