# %% lookups
"""Asks the directory up to three times: now and then it loses a question."""

import asyncio
from typing import Self

import structlog

from course.service.boundary import BadRoute
from course.service.directory import Directory, Session
from course.service.routing import Backend

WITHIN_S = 1.0
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)
TRIES = 3

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
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await self._ask(session, header)
            finally:
                session.close()

    async def _ask(self, session: Session, header: bytes) -> Backend:
        for number in range(1, TRIES + 1):
            try:
                return await session.find(header)
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            except BaseException as exc:
                log.info("lookup.lost", number=number, why=type(exc).__name__)
        raise TimeoutError("the directory does not answer")
