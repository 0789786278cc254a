import asyncio
import contextlib


class Dispatcher:
    def __init__(self, directory):
        self._directory = directory
        self._running = {}
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        return self

    async def __aexit__(self, *exc_info):
        for task in list(self._running.values()):
            task.cancel()
        await self._stack.aclose()

    @property
    def healthy(self):
        return True

    async def lookup(self, header):
        if header not in self._running:
            task = self._group.create_task(self._outcome(header))
            self._running[header] = task
            task.add_done_callback(lambda _: self._running.pop(header, None))
        backend, error = await asyncio.shield(self._running[header])
        if error is not None:
            raise error
        return backend

    async def _outcome(self, header):
        try:
            async with asyncio.timeout(1.0):
                session = await self._directory.open_session()
                with contextlib.closing(session):
                    return await session.find(header), None
        except Exception as exc:
            return None, exc
