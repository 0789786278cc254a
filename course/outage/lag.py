"""How late this machine is: the time that processes stood ready to run and had to wait.

On a busy machine a second by the clock is less than a second of work. Linux tells for
each thread how long it has run and how long it has waited for a processor (nanoseconds;
/proc/PID/task/TID/schedstat, see the kernel's Documentation/scheduler/sched-stats.rst).
A time limit that leaves the waiting out is the same on a quiet and on a busy machine.
Who waits for its own threads has lost nothing: only as much counts as other programs
have run in the meantime (/proc/stat). Where the kernel tells nothing, the lateness of
our own naps is all that is left out.
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

# A limit is given up, with nothing told, once so many times as much has passed by the
# clock. Beside four busy loops a core, a process runs for a fifth of the time.
CAP = 20.0
LEAST_CAP_S = 30.0

# The idle share of the processors from which on nobody lacks one.
IDLE_ENOUGH = 0.2

# How often new threads are looked for.
LISTED_EVERY_S = 0.25

# What is measured is averaged over about so long: /proc/stat counts hundredths of a
# second.
AVERAGED_S = 0.25


class Gauge:
    """Measures how much of the time the processes `roots`, and all below, could run.

    `ran_s` are the seconds so far in which they could, as of the last `tick`.
    """

    def __init__(self, roots: Callable[[], Iterable[int]]) -> None:
        self.ran_s = 0.0
        self._roots = roots
        self._threads: list[str] = []
        self._allowed: set[int] = set()
        self._listed = -math.inf
        self._seen: dict[str, tuple[int, int]] = {}
        self._look()
        self._used_s, self._idle_s = _processors(self._allowed)
        self._at = time.monotonic()
        # The seconds of the recent past; what we ran of them, waited, others ran, and
        # processors had nothing to do.
        self._recent = [0.0, 0.0, 0.0, 0.0, 0.0]

    def tick(self, napped_s: float | None = None) -> tuple[float, float]:
        """Return the seconds since the last call, and how many of them were lost.

        Time is lost while a thread stands ready and gets no processor because others
        have it: if the processes ran for 1 s and waited for 3 s meanwhile, three
        quarters of a second in which they were busy. It is lost as well if we, who
        meant to nap for `napped_s`, came back late.

        While processors have nothing to do now and then, who waits for one does so for
        milliseconds: what there is to do is done in time, and nothing is lost.
        """
        ran, waited = self._look()
        now, (used_s, idle_s) = time.monotonic(), _processors(self._allowed)
        passed, self._at = now - self._at, now
        others, idle = waited, 0.0  # for all that is known
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
        """Return what all threads have used since the last look: ran, and waited (s).

        Threads that end between two looks are counted up to the one before. Those that
        are new are found within LISTED_EVERY_S: to look for them takes longer than to
        look at them.
        """
        ran = waited = 0
        seen: dict[str, tuple[int, int]] = {}
        now = time.monotonic()
        if now - self._listed >= LISTED_EVERY_S:
            roots = list(self._roots())
            self._threads, self._listed = list(_threads(roots)), now
            self._allowed = _allowed(roots)
        for name in self._threads:
            try:
                with open(f"/proc/{name}/schedstat", "rb") as file:
                    used = file.read().split()
                seen[name] = used_ns = int(used[0]), int(used[1])
            except (OSError, ValueError, IndexError):
                continue  # it has ended, or this kernel does not tell
            # At the first look of all, what was before does not count.
            before = self._seen.get(name, (0, 0)) if self._seen else used_ns
            ran += used_ns[0] - before[0]
            waited += used_ns[1] - before[1]
        self._seen = seen
        return ran / 1e9, waited / 1e9


def _allowed(roots: Iterable[int]) -> set[int]:
    """Return the processors that the first of `roots` may use; ours if it has ended."""
    for pid in roots:
        with suppress(OSError):
            return os.sched_getaffinity(pid)
    return os.sched_getaffinity(0) if sys.platform == "linux" else {0}


def _processors(numbers: Iterable[int]) -> tuple[float, float]:
    """Return for how many seconds these processors were used, and idle; 0 if unknown.

    What a hypervisor gave to other machines ("steal") counts as used.
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
    """Name every thread of `roots` and of the processes below, as they are in /proc."""
    look_at, known = list(roots), set()
    while look_at:
        pid = look_at.pop()
        if pid in known:
            continue
        known.add(pid)
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            name = f"{pid}/task/{thread}"
            yield name
            try:
                with open(f"/proc/{name}/children", "rb") as file:
                    look_at += map(int, file.read().split())
            except (OSError, ValueError):
                continue


class Limit:
    """A limit of `seconds` on the clock `ran_s`; left out, on that on the wall.

    `what` is waited for, in words. It begins now, and lasts `cap_s` seconds at most by
    the latter; left out, many times as long as it should.
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
        """Return what is left, 0 once it is over.

        Raises MachineTooBusy when far more has passed by the clock on the wall.
        """
        passed, ran = self.spent_s()
        if ran < self._seconds and passed > self._cap_s:
            raise MachineTooBusy(self._what, passed, ran)
        return max(0.0, self._seconds - ran)

    def spent_s(self) -> tuple[float, float]:
        """Return the seconds since it began, and in how many of them they could run."""
        return time.monotonic() - self._since, self._ran_s() - self._since_ran_s


async def first_of(tasks: Iterable[asyncio.Future[Any]], limit: Limit) -> bool:
    """Wait until one of `tasks` has ended; False if none has within `limit`."""
    waited_for = set(tasks)
    while limit.left_s():
        done, _ = await asyncio.wait(
            waited_for, timeout=NAP_S, return_when=asyncio.FIRST_COMPLETED
        )
        if done:
            return True
    return False
