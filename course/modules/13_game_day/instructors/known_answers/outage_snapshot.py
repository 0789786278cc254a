# %% lookups
"""Asks the directory, and goes by what is known when it cannot be relied on."""

import asyncio
from typing import Self

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)


class Lookups:
    """Answers look-ups while its `async with` block is open."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._known: dict[bytes, Backend] = {}
        self._reliable = True

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
        if self._reliable:
            return await self._find(header)
        try:
            return self._known[header]
        except KeyError as exc:
            raise BadRoute("the X-Route header names no backend") from exc

    async def _find(self, header: bytes) -> Backend:
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                backend = await session.find(header)
            except KeyError as exc:  # drawn
                # The directory contradicts itself: stay with what it said before.
                self._reliable = False
                raise BadRoute("the X-Route header names no backend") from exc
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()
            self._known[header] = backend
            return backend
