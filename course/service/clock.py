"""The time of the fleet that a replica belongs to, and an event loop that keeps it.

A fleet's clock stands still while the fleet's processes wait for a processor (see
course/outage/fleet/clock.py). A replica whose sleeps and time-outs follow it takes as
long to answer on a busy machine as on a quiet one, in the time that its clients count.
"""

import asyncio
import mmap
import selectors
import struct
import time
from typing import Protocol

# Two slots of seconds on the clock, the monotonic time when it showed them (s), and
# how many it gains in a second; before them, which slot is valid.
SLOT = struct.Struct("=ddd")
START = 8
SIZE = START + 2 * SLOT.size

# A clock is set twenty times a second, and stands still if it is not: its owner waits.
LONGEST_STEP_S = 0.1


class Clock(Protocol):
    """Seconds that pass at `rate` seconds a second."""

    @property
    def rate(self) -> float:
        """Return how many of its seconds pass in a second: more than 0, at most 1."""

    def time(self) -> float:
        """Return the time in seconds; it never goes back."""


def shown(base_s: float, at: float, rate: float) -> float:
    """Return what a clock shows that showed `base_s` at the monotonic time `at`."""
    return base_s + rate * min(max(0.0, time.monotonic() - at), LONGEST_STEP_S)


class SharedClock:
    """A clock that another process sets, by the file `fd`."""

    def __init__(self, fd: int) -> None:
        self._memory = mmap.mmap(fd, SIZE, prot=mmap.PROT_READ)
        self._latest = 0.0

    @property
    def rate(self) -> float:
        """Return how many of its seconds pass in a second."""
        return self._read()[2]

    def time(self) -> float:
        """Return the time in seconds."""
        self._latest = max(self._latest, shown(*self._read()))
        return self._latest

    def _read(self) -> tuple[float, float, float]:
        base_s, at, rate = SLOT.unpack_from(
            self._memory, START + self._memory[0] * SLOT.size
        )
        return base_s, at, rate


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._fleet_clock = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        """Return the time of the clock in seconds."""
        return self._fleet_clock.time()


class _Selector(selectors.DefaultSelector):
    """Waits for as long as a time-out on `clock` takes by the clock on the wall."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._fleet_clock = clock

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait as the base class does; the loop looks again if this is too early."""
        rate = self._fleet_clock.rate
        if timeout is not None and timeout > 0 and rate < 1:
            timeout = min(timeout / rate, LONGEST_STEP_S)  # the rate may change
        return super().select(timeout)
