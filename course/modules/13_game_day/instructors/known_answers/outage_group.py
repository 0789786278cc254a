# %% lookups
"""Asks the directory in tasks of one group, so that none of them is lost."""

import asyncio
from typing import Self

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)


class Lookups:
    """Answers look-ups while its `async with` block is open; owns their tasks."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._group.__aexit__(None, None, None)

    @property
    def healthy(self) -> bool:
        """Whether look-ups are answered; /readyz asks."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises BadRoute, TimeoutError."""
        return await self._group.create_task(self._find(header))

    async def _find(self, header: bytes) -> Backend:
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()
