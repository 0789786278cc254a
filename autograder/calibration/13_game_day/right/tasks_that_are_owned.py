# A task a look-up, shared by equal headers, as in exercise 07.
# %% lookups
import asyncio

from course.service.boundary import BadRoute


class Lookups:
    def __init__(self, directory):
        self._directory = directory
        self._running = {}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc_info):
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    healthy = True

    async def lookup(self, header):
        task = self._running.get(header)
        if task is None:
            task = self._running[header] = asyncio.create_task(self._find(header))
            task.add_done_callback(lambda _: self._running.pop(header, None))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise
            raise RuntimeError("the look-up was cancelled") from None

    async def _find(self, header):
        async with asyncio.timeout(1.0):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            except (ValueError, LookupError, TypeError, AttributeError) as exc:
                raise BadRoute("no backend") from exc
            finally:
                session.close()
