# %% lookups
"""Asks the directory, and tells clients which header it could not make sense of."""

import asyncio
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
        session = await self._directory.open_session()
        try:
            async with asyncio.timeout(WITHIN_S):
                backend = await session.find(header)
        except (TimeoutError, asyncio.CancelledError):
            session.close()
            raise
        except NO_BACKEND as exc:
            said = header.decode().strip()
            log.info("route.refused", said=said)
            session.close()
            raise BadRoute(f"no backend: {said!r}") from exc
        session.close()
        return backend
