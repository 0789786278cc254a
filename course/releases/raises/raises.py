"""Ways for an exception to leave the code that raised it: GET /raise/NAME is one each.

All of this is wrong on purpose. Lesson 02 watches the first seven, exercise 02 asks
about the others.
"""

import asyncio
import os
import sys
import threading
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends

ways = APIRouter(prefix="/raise")
REGIONS = {"eu-west": 8}
TASKS: set[asyncio.Task[None]] = set()  # or the garbage collector takes them


# --- lesson 02


@ways.get("/route")
async def route() -> int:
    """A route that looks up what is not there."""
    return REGIONS["mars"]


@ways.get("/recursion")
async def recursion() -> int:
    """A function that calls itself for ever."""

    def down(n: int) -> int:
        return down(n + 1)

    return down(0)


@ways.get("/sys_exit")
async def sys_exit() -> None:
    """A route that asks the interpreter to end."""
    sys.exit(1)


@ways.get("/background")
async def background(tasks: BackgroundTasks) -> str:
    """Work that starts once the response has been sent."""
    tasks.add_task(REGIONS.__getitem__, "mars")
    return "accepted"


@ways.get("/task_group")
async def task_group() -> str:
    """A child task, waited for."""

    async def child() -> None:
        REGIONS["mars"]

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(child())
    return "done"


@ways.get("/orphan")
async def orphan() -> int:
    """A worker that nobody waits for, and a request that waits for its answer."""
    answers = asyncio.Queue[int]()

    async def worker() -> None:
        answers.put_nowait(REGIONS["mars"])

    TASKS.add(asyncio.create_task(worker()))
    return await answers.get()


@ways.get("/os_exit")
async def os_exit() -> None:
    """The operating system's way to end a process: nothing is cleaned up."""
    os._exit(7)


# --- exercise 02


async def region() -> int:
    """What a route below depends on."""
    return REGIONS["mars"]


@ways.get("/dependency")
async def dependency(found: Annotated[int, Depends(region)]) -> int:
    """A dependency of the route raises, before the route is called."""
    return found


@ways.get("/gather")
async def gather() -> str:
    """Several at once, and their exceptions asked for as results."""
    await asyncio.gather(region(), region(), return_exceptions=True)
    return "done"


@ways.get("/thread")
async def thread() -> str:
    """A thread of its own."""
    threading.Thread(target=lambda: REGIONS["mars"]).start()
    return "started"


@ways.get("/callback")
async def callback() -> str:
    """A callback that the event loop is to call as soon as it can."""
    asyncio.get_running_loop().call_soon(lambda: REGIONS["mars"])
    return "scheduled"


@ways.get("/background_exit")
async def background_exit(tasks: BackgroundTasks) -> str:
    """The interpreter asked to end, by work behind the response."""
    tasks.add_task(sys.exit, 1)
    return "accepted"


@ways.get("/orphan_exit")
async def orphan_exit() -> str:
    """The interpreter asked to end, by a task that nobody waits for."""

    async def worker() -> None:
        sys.exit(1)

    TASKS.add(asyncio.create_task(worker()))
    return "started"


@ways.get("/group_exit")
async def group_exit() -> str:
    """The interpreter asked to end, by a child of a task group."""

    async def child() -> None:
        sys.exit(1)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(child())
    return "done"


@ways.get("/cancelled")
async def cancelled() -> None:
    """A route that raises what asyncio cancels tasks with."""
    raise asyncio.CancelledError


@ways.get("/swallowed")
async def swallowed() -> int:
    """A worker that handles its exception, and a request that waits for its answer."""
    answers = asyncio.Queue[int]()

    async def worker() -> None:
        with suppress(KeyError):
            answers.put_nowait(REGIONS["mars"])

    TASKS.add(asyncio.create_task(worker()))
    return await answers.get()


@ways.get("/abort")
async def abort() -> None:
    """SIGABRT, as the C library raises it when it finds its memory damaged."""
    os.abort()
