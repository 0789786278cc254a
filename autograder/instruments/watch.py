"""The watch that tells the judge how busy the machine is while checks run.

It sends a line a second: `lag_s`, how late this process or a fleet was in the worst
second so far, and `ran_s`, the seconds so far in which this process and the fleets
could run.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

from course.outage import Fleet
from course.outage.lag import Gauge

EVERY_S, TICKS = 0.25, 4


class Watch:
    """A watch on this process, and on each fleet from when it is ready.

    It passes a line a second to `tell`, and ends with this process.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._fleets: list[tuple[Fleet, float]] = []
        self._worst_s = 0.0
        self._gauge = Gauge(self._processes)
        threading.Thread(target=self._run, daemon=True).start()

    def follow(self, fleet: Fleet) -> None:
        """Watch `fleet` too, from now on."""
        self._fleets.append((fleet, fleet.telemetry.now))

    def forget(self) -> None:
        """Forget the lag so far, when modules were imported."""
        self._worst_s = 0.0

    def lag(self) -> float:
        """Return the lag of this process or a fleet in the worst second, in seconds."""
        lags = [fleet.telemetry.lag(since) for fleet, since in list(self._fleets)]
        return max([self._worst_s, *lags])

    def _processes(self) -> list[int]:
        latest = {
            (fleet, event.replica): event.pid
            for fleet, _ in list(self._fleets)
            for event in list(fleet.telemetry.processes)
        }
        return [os.getpid(), *latest.values()]

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            lost_s = 0.0
            for _ in range(TICKS):
                pause.wait(EVERY_S)
                lost_s += self._gauge.tick(EVERY_S)[1]
            self._worst_s = max(self._worst_s, min(1.0, lost_s))
            self._tell({"lag_s": self.lag(), "ran_s": self._gauge.ran_s})
