# fails: test_a_failure_is_one_requests test_a_silent_directory_is_bounded test_nothing_leaks test_it_goes_when_it_is_told_to
# feedback: what else ends with the task
"""All look-ups in one task group."""

import asyncio

from course.service.directory import Directory


class Dispatcher:
    def __init__(self, directory: Directory):
        self._directory = directory
        self._running = {}

    async def __aenter__(self):
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *exc_info):
        for task in list(self._running.values()):
            task.cancel()
        await self._group.__aexit__(*exc_info)

    @property
    def healthy(self):
        return True

    async def lookup(self, header):
        task = self._running.get(header)
        if task is None:
            task = self._running[header] = self._group.create_task(self._find(header))
            task.add_done_callback(lambda _: self._running.pop(header, None))
        return await asyncio.shield(task)

    async def _find(self, header):
        async with asyncio.timeout(1.0):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            finally:
                session.close()
