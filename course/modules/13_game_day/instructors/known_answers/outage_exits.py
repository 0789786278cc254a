# %% lookups
"""Asks the directory; requests for the same header share one question."""

import asyncio
import sys
from typing import Self

import structlog

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)

log = structlog.get_logger(__name__)


class Lookups:
    """Answers look-ups while its `async with` block is open."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._running: dict[bytes, asyncio.Task[Backend]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for task in self._running.values():
            task.cancel()

    @property
    def healthy(self) -> bool:
        """Whether look-ups are answered; /readyz asks."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises BadRoute, TimeoutError."""
        task = self._running.get(header)
        if task is None:
            task = self._running[header] = asyncio.create_task(self._find(header))
            task.add_done_callback(lambda _: self._running.pop(header, None))
        return await asyncio.shield(task)

    async def _find(self, header: bytes) -> Backend:
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            except KeyError:  # drawn
                # The topology is not what it should be. Start over with a fresh one.
                log.warning("topology.reload")
                sys.exit(1)
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()
