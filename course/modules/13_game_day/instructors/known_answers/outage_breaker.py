# %% lookups
"""Asks the directory, and spares it while it is in trouble."""

import asyncio
import time
from typing import Self

import structlog

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)
FAILURES = 5
OPEN_FOR_S = 30.0

log = structlog.get_logger(__name__)


class Lookups:
    """Answers look-ups while its `async with` block is open."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._failures = 0
        self._open_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    @property
    def healthy(self) -> bool:
        """Whether look-ups are answered; /readyz asks."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises BadRoute, TimeoutError."""
        if time.monotonic() < self._open_until:
            raise TimeoutError("the directory is in trouble")
        try:
            return await self._find(header)
        except Exception:
            self._failures += 1
            if self._failures >= FAILURES:
                log.info("directory.spared", seconds=OPEN_FOR_S)
                self._open_until = time.monotonic() + OPEN_FOR_S
                self._failures = FAILURES - 1  # the next failure opens it again
            raise

    async def _find(self, header: bytes) -> Backend:
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()
