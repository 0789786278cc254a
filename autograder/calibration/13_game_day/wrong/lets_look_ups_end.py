# fails: test_it_goes_when_it_is_told_to
# feedback: had to be killed
# %% lookups
"""Asks the directory: each look-up is the matter of the request that wants it."""

import asyncio
from typing import Self

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
# What resolve() raises on a header that names no backend.
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)


class Lookups:
    """Answers look-ups. No task, no queue and no memory: nothing can be left behind."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.sleep(20)  # let the look-ups that are under way end

    @property
    def healthy(self) -> bool:
        """Always: nothing here can die without its request."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises BadRoute, TimeoutError."""
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()
