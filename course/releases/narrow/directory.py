"""The directory: asked over two sessions which backend a header names.

Each question keeps a session for a tenth of a second, so a replica can look up 20
headers a second. Whoever finds both sessions taken waits until one is free.
"""

import asyncio

from prometheus_client import Counter, Gauge

from course.service.routing import Backend, resolve
from course.service.telemetry import Metrics

SESSIONS = 2
ANSWER_TAKES_S = 0.1


class Directory:
    """Answers questions, two at a time, in the order that they came."""

    def __init__(self, metrics: Metrics) -> None:
        self._free = asyncio.Semaphore(SESSIONS)
        registry = metrics.registry
        self.waiting = Gauge(
            "directory_waiting", "Look-ups under way or waiting.", registry=registry
        )
        self.finds = Counter(
            "directory_finds", "Questions to the directory.", registry=registry
        )

    async def find(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises what resolve() raises."""
        with self.waiting.track_inprogress():
            async with self._free:
                self.finds.inc()
                await asyncio.sleep(ANSWER_TAKES_S)
                return resolve(header)
