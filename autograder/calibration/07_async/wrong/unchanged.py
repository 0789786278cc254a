# fails: test_requests_share_a_question test_a_silent_directory_is_bounded test_a_failure_is_one_requests test_it_is_alive_or_seen_to_be_dead test_nothing_leaks test_it_goes_when_it_is_told_to
# feedback: whether look-ups wait for each other
"""Answers look-ups in a task of its own, so that June's outage cannot happen again."""

import asyncio
from typing import Self

from course.service.directory import Directory

from course.service.routing import Backend


class Dispatcher:
    """Answers look-ups while its `async with` block is open."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._lookups = asyncio.Queue[tuple[bytes, asyncio.Future[Backend]]]()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._answer())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    @property
    def healthy(self) -> bool:
        """Whether look-ups are answered; /readyz asks."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names."""
        reply: asyncio.Future[Backend] = asyncio.get_running_loop().create_future()
        await self._lookups.put((header, reply))
        return await reply

    async def _answer(self) -> None:
        while True:
            header, reply = await self._lookups.get()
            session = await self._directory.open_session()
            backend = await session.find(header)
            session.close()
            reply.set_result(backend)
