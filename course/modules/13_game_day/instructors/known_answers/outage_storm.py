# %% lookups
"""Asks the directory, and again where it is behind: new shards take a while to show."""

import asyncio
from typing import Self

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)
TRIES = 1000


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
            for _ in range(TRIES):
                try:
                    async with asyncio.timeout(WITHIN_S):
                        return await session.find(header)
                except NO_BACKEND as exc:
                    last = exc
            raise BadRoute("the X-Route header names no backend") from last
        finally:
            session.close()
