"""The clock of a fleet: it stands still while the fleet waits for a processor.

Beside other work a fleet gets a part of the processors, and would drown in traffic
that it serves with ease on a quiet machine; a lesson would then show an overload and
call it the outage. So the traffic, its clients' patience, the delays before restarts
and the replicas' own sleeps all go by this clock: a second on it is as much work on a
busy machine as on a quiet one, and takes longer.
"""

import fcntl
import json
import mmap
import os
import sys
import time
from pathlib import Path

from course.outage.lag import NAP_S, Gauge
from course.service.clock import SIZE, SLOT, START, shown

# The result of `_measured_s` on a machine that serves a request in about 6 ms: three
# tries of each of 60 requests a second then keep one replica busy, and no more. A
# slower machine gets a slower clock, down to SLOWEST. Where this was written, the
# result was 0.0026 s.
REFERENCE_S, SLOWEST = 0.005, 0.25


# linux/fcntl.h: F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE
SEALS = 0x1 | 0x2 | 0x4 | 0x10


class FleetClock:
    """A clock of the seconds in which the processes of `gauge` could run.

    It begins at 0. Other processes read it from the file at `path`; see
    course/service/clock.py. It is the file that is given, or on Linux one in memory,
    which nobody can change but by the mapping made here: whoever may read a file of
    the same user could open it again to write.
    """

    def __init__(self, path: Path, gauge: Gauge) -> None:
        if sys.platform == "linux":
            self.fd = os.memfd_create("clock", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.truncate(self.fd, SIZE)
            self._memory = mmap.mmap(self.fd, SIZE)
            fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, SEALS)
            self.path = Path(f"/proc/{os.getpid()}/fd/{self.fd}")
        else:
            path.write_bytes(bytes(SIZE))
            with open(path, "r+b") as file:
                self._memory = mmap.mmap(file.fileno(), SIZE)
            self.fd = os.open(path, os.O_RDONLY)
            self.path = path
        self._gauge = gauge
        self._fastest = max(SLOWEST, min(1.0, REFERENCE_S / _measured_s()))
        self._base_s, self._set_at, self._rate = 0.0, time.monotonic(), self._fastest
        self._publish()

    @property
    def rate(self) -> float:
        """Return how many of its seconds pass in a second of the wall clock."""
        return self._rate

    def time(self) -> float:
        """Return the time on this clock, in seconds."""
        return shown(self._base_s, self._set_at, self._rate)

    @property
    def next_set(self) -> float:
        """Return the time at which it is to be set again, NAP_S after the last time.

        It always gets there, however late we ask: see LONGEST_STEP_S.
        """
        return self._base_s + NAP_S * self._rate

    def set(self) -> tuple[float, float]:
        """Set the rate by the time lost since the last call.

        Return the seconds since that call, and how many were lost: see `Gauge.tick`.
        """
        passed_s, lost_s = self._gauge.tick(NAP_S)
        now = time.monotonic()
        self._base_s, self._set_at = self.time(), now
        self._rate = self._fastest * (1.0 - lost_s / passed_s)
        self._publish()
        return passed_s, lost_s

    def _publish(self) -> None:
        """Write the slot that is not valid, then declare it valid."""
        slot = 1 - self._memory[0]
        values = self._base_s, self._set_at, self._rate
        SLOT.pack_into(self._memory, START + slot * SLOT.size, *values)
        self._memory[0] = slot


def _measured_s() -> float:
    """Return the seconds that a service's work takes here, the best of five."""
    order = {"id": "x" * 32, "items": [{"name": "pencil", "pieces": 3}] * 8}
    seconds = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(60):
            text = json.dumps(order, indent=1)
            assert json.loads(text) == order
            text.encode().split(b"\n")
        seconds.append(time.thread_time() - began)
    return min(seconds)
