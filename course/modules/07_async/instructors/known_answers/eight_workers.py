"""Eight workers at a queue, one future for each header that is being looked up."""

import asyncio


class Dispatcher:
    def __init__(self, directory):
        self._directory = directory
        self._queue = asyncio.Queue()
        self._replies = {}

    async def __aenter__(self):
        self._workers = [asyncio.create_task(self._supervise()) for _ in range(8)]
        return self

    async def __aexit__(self, *exc_info):
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    @property
    def healthy(self):
        return any(not worker.done() for worker in self._workers)

    async def lookup(self, header):
        reply = self._replies.get(header)
        if reply is None:
            reply = self._replies[header] = asyncio.get_running_loop().create_future()
            self._queue.put_nowait((header, reply))
        return await asyncio.shield(reply)

    async def _supervise(self):
        while True:
            header, reply = await self._queue.get()
            try:
                backend = await self._find(header)
            except asyncio.CancelledError as exc:
                if not reply.done():
                    reply.set_exception(RuntimeError("the look-up was cancelled"))
                if asyncio.current_task().cancelling():
                    raise
            except Exception as exc:
                if not reply.done():
                    reply.set_exception(exc)
            else:
                if not reply.done():
                    reply.set_result(backend)
            finally:
                self._replies.pop(header, None)

    async def _find(self, header):
        async with asyncio.timeout(1):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            finally:
                session.close()
