"""The reference solution of exercise 05, where the check plants nothing."""

import asyncio
from typing import Any

from autograder.authoring.known import SOLUTION, given
from autograder.judge import Exercise
from course.service.routing import Backend

BACKEND = Backend("eu-west", 3)


def resolve(header: bytes) -> Backend:
    if header == b"a bug":
        raise StopIteration
    return BACKEND


def test_an_exception_that_a_future_refuses_does_not_end_the_dispatcher() -> None:
    """It reaches the request that met it, and the next look-up is answered."""
    defined: dict[str, Any] = {}
    exec(given(Exercise.named("05"))[SOLUTION]["dispatcher"], defined)
    defined["resolve"] = resolve

    async def answers() -> list[Any]:
        lookups: asyncio.Queue[Any] = asyncio.Queue()
        dispatcher = asyncio.create_task(defined["dispatch"](lookups))
        replies = [asyncio.get_running_loop().create_future() for _ in range(2)]
        for header, reply in zip((b"a bug", b"a header"), replies, strict=True):
            lookups.put_nowait(defined["Lookup"](header, reply))
        told = asyncio.gather(*replies, return_exceptions=True)
        await asyncio.wait([dispatcher, told], return_when=asyncio.FIRST_COMPLETED)
        assert not dispatcher.done()
        dispatcher.cancel()
        return await told

    bug, backend = asyncio.run(answers())
    assert isinstance(bug.__cause__, StopIteration)
    assert backend == BACKEND
