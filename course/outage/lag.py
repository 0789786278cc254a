"""Measures the lag of this machine: how long processes that could run had to wait.

On a busy machine a second by the clock is less than a second of work. Linux reports for
each thread how long it has run and how long it has waited for a processor (nanoseconds;
/proc/PID/task/TID/schedstat, see the kernel's Documentation/scheduler/sched-stats.rst).
A time limit that leaves the waiting out is the same on a quiet and on a busy machine.
Processes that keep only each other waiting have lost nothing: waiting counts no further
than other programs have run in the meantime (/proc/stat). Where the kernel reports none
of this, only the lateness of our own naps is left out.
"""

import asyncio
import math
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from .errors import MachineTooBusy

# How often those who wait look again, and how finely a limit is measured.
NAP_S = 0.05

# A limit is given up, without a result, once this many times its length has passed by
# the wall clock. Beside four busy loops a core, a process runs for a fifth of the time.
CAP = 20.0
LEAST_CAP_S = 30.0

# The idle share of the processors from which on nobody lacks one.
IDLE_ENOUGH = 0.2

# How often new threads are looked for.
LISTED_EVERY_S = 0.25

# Measurements are averaged over about this time: /proc/stat counts hundredths of a
# second.
AVERAGED_S = 0.25


class Gauge:
    """Measures how much of the time `roots` and their descendants could run.

    `ran_s` is the number of seconds so far in which they could, as of the last `tick`.
    `roots` returns the pids.
    """

    def __init__(self, roots: Callable[[], Iterable[int]]) -> None:
        self.ran_s = 0.0
        self._roots = roots
        self._threads: list[str] = []
        self._allowed: set[int] = set()
        self._listed_at = -math.inf
        self._used_ns: dict[str, tuple[int, int]] = {}
        self._look()
        self._used_s, self._idle_s = _processors(self._allowed)
        self._ticked_at = time.monotonic()
        # The recent past: seconds that passed, that we ran, waited, and others ran, and
        # in which processors had nothing to do.
        self._recent = [0.0, 0.0, 0.0, 0.0, 0.0]

    def tick(self, napped_s: float | None = None) -> tuple[float, float]:
        """Return the seconds since the last call, and how many of them were lost.

        Time is lost while a thread is ready to run and other programs have the
        processors: processes that ran for 1 s and waited for 3 s meanwhile have lost
        three quarters of each second in which they were busy. It is lost as well if the
        caller, who meant to nap for `napped_s`, came back late.

        While processors have nothing to do now and then, a thread waits for one for
        milliseconds only: all work is done in time, and nothing is lost.
        """
        ran, waited = self._look()
        now, (used_s, idle_s) = time.monotonic(), _processors(self._allowed)
        passed, self._ticked_at = now - self._ticked_at, now
        others, idle = waited, 0.0  # if /proc/stat cannot be read
        if used_s > 0:
            others, idle = used_s - self._used_s - ran, idle_s - self._idle_s
            self._used_s, self._idle_s = used_s, idle_s
        late = 0.0 if napped_s is None else max(0.0, passed - napped_s)
        share = self._share(passed, ran, waited, others, idle)
        lost = min(passed, max(late, passed * share))
        self.ran_s += passed - lost
        return passed, lost

    def _share(self, *latest: float) -> float:
        """Return the share of the recent past that was lost to other programs."""
        weight = math.exp(-latest[0] / AVERAGED_S)
        self._recent = [
            weight * old + new for old, new in zip(self._recent, latest, strict=True)
        ]
        passed, ran, waited, others, idle = self._recent
        lost = max(0.0, min(waited, others))
        if not lost:
            return 0.0
        scarce = max(0.0, 1.0 - idle / (IDLE_ENOUGH * passed * len(self._allowed)))
        share = scarce * min(lost / passed, lost / (ran + lost))
        return min(share, 1.0 - 1.0 / CAP)

    def _look(self) -> tuple[float, float]:
        """Return the seconds that all threads ran and waited since the last look.

        Threads that end between two looks are counted up to the earlier one. New ones
        are found within LISTED_EVERY_S: listing threads takes longer than reading their
        times.
        """
        ran = waited = 0
        used_ns: dict[str, tuple[int, int]] = {}
        if time.monotonic() - self._listed_at >= LISTED_EVERY_S:
            roots = list(self._roots())
            self._threads, self._allowed = list(_threads(roots)), _allowed(roots)
            self._listed_at = time.monotonic()
        for name in self._threads:
            try:
                with open(f"/proc/{name}/schedstat", "rb") as file:
                    times = file.read().split()
                used_ns[name] = now = int(times[0]), int(times[1])
            except (OSError, ValueError, IndexError):
                continue  # it has ended, or this kernel does not report it
            # At the very first look, earlier times do not count.
            before = self._used_ns.get(name, (0, 0)) if self._used_ns else now
            ran += now[0] - before[0]
            waited += now[1] - before[1]
        self._used_ns = used_ns
        return ran / 1e9, waited / 1e9


def _allowed(roots: Iterable[int]) -> set[int]:
    """Return the processors that the first of `roots` may use; ours if it has ended."""
    for pid in roots:
        with suppress(OSError):
            return os.sched_getaffinity(pid)
    return os.sched_getaffinity(0) if sys.platform == "linux" else {0}


def _processors(numbers: Iterable[int]) -> tuple[float, float]:
    """Return for how many seconds these processors were used, and idle; 0 if unknown.

    The time that a hypervisor gave to other machines ("steal") counts as used.
    """
    names = {f"cpu{number}".encode() for number in numbers}
    used = idle = 0
    try:
        with open("/proc/stat", "rb") as file:
            for line in file:
                if not line.startswith(b"cpu"):
                    break
                name, *ticks = line.split()
                if name in names:
                    user, nice, system, idle_, io, irq, soft_irq, steal = map(
                        int, ticks[:8]
                    )
                    used += user + nice + system + irq + soft_irq + steal
                    idle += idle_ + io
    except (OSError, ValueError):
        return 0.0, 0.0
    tick_s = 1.0 / os.sysconf("SC_CLK_TCK")
    return used * tick_s, idle * tick_s


def _threads(roots: Iterable[int]) -> Iterable[str]:
    """Yield the path below /proc of every thread of `roots` and their descendants."""
    pids, visited = list(roots), set()
    while pids:
        pid = pids.pop()
        if pid in visited:
            continue
        visited.add(pid)
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            name = f"{pid}/task/{thread}"
            yield name
            try:
                with open(f"/proc/{name}/children", "rb") as file:
                    pids += map(int, file.read().split())
            except (OSError, ValueError):
                continue


class Limit:
    """A time limit of `seconds` on the clock `ran_s`; left out, on the wall clock.

    `what` names the thing that is waited for. The limit begins now. By the wall clock
    it lasts `cap_s` seconds at most; left out, CAP times `seconds`, and LEAST_CAP_S at
    least.
    """

    def __init__(
        self,
        what: str,
        seconds: float,
        ran_s: Callable[[], float] = time.monotonic,
        cap_s: float | None = None,
    ) -> None:
        self._what = what
        self._seconds = seconds
        self._cap_s = cap_s or max(LEAST_CAP_S, CAP * seconds)
        self._ran_s = ran_s
        self._since_ran_s = ran_s()
        self._since = time.monotonic()

    def left_s(self) -> float:
        """Return the seconds that are left, 0 once the limit is over.

        Raises MachineTooBusy if some are left when `cap_s` have passed by the wall
        clock.
        """
        passed, ran = self.spent_s()
        if ran < self._seconds and passed > self._cap_s:
            raise MachineTooBusy(self._what, passed, ran)
        return max(0.0, self._seconds - ran)

    def spent_s(self) -> tuple[float, float]:
        """Return the seconds since the beginning: by the wall clock, and by `ran_s`."""
        return time.monotonic() - self._since, self._ran_s() - self._since_ran_s


async def first_of(tasks: Iterable[asyncio.Future[Any]], limit: Limit) -> bool:
    """Wait until one of `tasks` has ended; return False if none has within `limit`.

    Raises MachineTooBusy.
    """
    waited_for = set(tasks)
    while limit.left_s():
        done, _ = await asyncio.wait(
            waited_for, timeout=NAP_S, return_when=asyncio.FIRST_COMPLETED
        )
        if done:
            return True
    return False
