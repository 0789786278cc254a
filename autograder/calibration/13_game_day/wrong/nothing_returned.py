# fails: test_valid_requests_are_served test_the_outage_does_not_come_back test_a_bug_of_ours_stays_one test_a_silent_directory_costs_its_own_request
# feedback: each served by its own backend
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
        pass

    @property
    def healthy(self) -> bool:
        """Always: nothing here can die without its request."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises BadRoute, TimeoutError."""
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                await session.find(header)
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()
