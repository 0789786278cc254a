"""The directory: asked over a few sessions which backend a header names.

A session is a thing that must be given back. The metrics tell how many are open, and
how often the directory was asked. A region that it does not know may be another site's:
it asks around, and that takes long.
"""

import asyncio
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter, Gauge

from course.service.routing import TOPOLOGY, Backend, resolve
from course.service.telemetry import Metrics

SESSIONS = 4
ANSWER_TAKES_S = 0.005
ASKING_AROUND_TAKES_S = 20.0

log = structlog.get_logger(__name__)


class Session:
    """One of the directory's sessions; `close` it, or nobody else can have it."""

    def __init__(self, directory: "Directory") -> None:
        self._directory: Directory | None = directory

    async def find(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises what resolve() raises."""
        assert self._directory is not None, "the session is closed"
        self._directory.finds.inc()
        await asyncio.sleep(ANSWER_TAKES_S)
        try:
            return resolve(header)
        except KeyError as exc:
            if exc.args[0] not in {"region", "shard", *TOPOLOGY}:
                await asyncio.sleep(ASKING_AROUND_TAKES_S)
            raise

    def close(self) -> None:
        """Give the session back; safe to call twice."""
        if self._directory is not None:
            self._directory.give_back()
            self._directory = None


class Directory:
    """At most 4 sessions at a time. Open while its `async with` block is."""

    def __init__(self, metrics: Metrics) -> None:
        self._free = asyncio.Semaphore(SESSIONS)
        self._open = 0
        registry = metrics.registry
        self._gauge = Gauge(
            "directory_sessions_open", "Sessions not given back.", registry=registry
        )
        self.finds = Counter(
            "directory_finds", "Questions to the directory.", registry=registry
        )

    async def open_session(self) -> Session:
        """A session of one's own, once one is free."""
        await self._free.acquire()
        self._open += 1
        self._gauge.set(self._open)
        return Session(self)

    def give_back(self) -> None:
        """Take a session back."""
        self._open -= 1
        self._gauge.set(self._open)
        self._free.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        log.info("directory.closed", sessions_open=self._open)
