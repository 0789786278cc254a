"""Each request has a future of its own."""

import asyncio
from collections import defaultdict
from contextlib import closing

from course.service.directory import Directory
from course.service.routing import Backend


class Lost(RuntimeError):
    """Somebody has cancelled the task of a look-up."""


class Dispatcher:
    """Whoever asks first starts the question; its end answers everybody."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.waiting: defaultdict[bytes, list[asyncio.Future]] = defaultdict(list)
        self.tasks: set[asyncio.Task] = set()
        self.healthy = False

    async def __aenter__(self):
        self.healthy = True
        return self

    async def __aexit__(self, kind, exc, trace):
        self.healthy = False
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)

    async def lookup(self, header: bytes) -> Backend:
        reply = asyncio.get_running_loop().create_future()
        first = header not in self.waiting
        self.waiting[header].append(reply)
        if first:
            task = asyncio.create_task(self.ask(header))
            self.tasks.add(task)
            task.add_done_callback(lambda done: self.tell(header, done))
        return await reply

    async def ask(self, header: bytes) -> Backend:
        async with asyncio.timeout(0.95):
            with closing(await self.directory.open_session()) as session:
                return await session.find(header)

    def tell(self, header: bytes, done: asyncio.Task) -> None:
        self.tasks.discard(done)
        error = Lost() if done.cancelled() else done.exception()
        for reply in self.waiting.pop(header):
            if reply.done():
                continue
            if error:
                reply.set_exception(error)
            else:
                reply.set_result(done.result())
