# %% lookups
"""Asks the directory in one task, so that questions keep their order."""

import asyncio
from typing import Self

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)

Question = tuple[bytes, asyncio.Future[Backend]]


class Lookups:
    """Answers look-ups while its `async with` block is open."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._questions: asyncio.Queue[Question] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._answer_all())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._worker.cancel()

    @property
    def healthy(self) -> bool:
        """Whether look-ups are answered; /readyz asks."""
        return self._worker is not None

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises BadRoute."""
        reply: asyncio.Future[Backend] = asyncio.get_running_loop().create_future()
        await self._questions.put((header, reply))
        return await reply

    async def _answer_all(self) -> None:
        while True:
            header, reply = await self._questions.get()
            session = await self._directory.open_session()
            try:
                backend = await session.find(header)
                reply.set_result(backend)
            except KeyError:  # drawn
                raise  # no client can cause that: it must be seen
            except NO_BACKEND as exc:
                wrong = BadRoute("the X-Route header names no backend")
                wrong.__cause__ = exc
                reply.set_exception(wrong)
            finally:
                session.close()
