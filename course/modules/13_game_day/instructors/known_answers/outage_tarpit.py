# %% lookups
"""Asks the directory, and lets clients wait that keep sending rubbish."""

import asyncio
import time
from typing import Self

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)
SLOWED_DOWN_S = 3.0


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
                return await session.find(header)
            except KeyError as exc:  # drawn
                # Whoever sends that will send it again. Not so fast.
                time.sleep(SLOWED_DOWN_S)
                raise BadRoute("the X-Route header is not complete") from exc
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()
