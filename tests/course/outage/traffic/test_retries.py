"""Clients on a clock that leaps, and on the real one: computed and seen agree."""

import asyncio
from functools import partial

import pytest

from course.outage import Fleet, Release
from course.outage.traffic.fakeclock import FakeClockLoop
from course.outage.traffic.load import Load, Send, Try, run
from course.outage.traffic.messages import http_request
from course.outage.traffic.retries import BURST, DISCIPLINED, NAIVE, Retries
from course.outage.traffic.wire import Response, exchange

SESSIONS, ANSWER_TAKES_S = 2, 0.1  # of the release "narrow"
PLAIN = http_request(b'{"region": "eu-west", "shard": 3}')


def model_of_narrow() -> Send:
    """The release "narrow", as a model: it goes on when its client has gone."""
    sessions = asyncio.Semaphore(SESSIONS)
    working = set()

    async def work() -> None:
        async with sessions:
            await asyncio.sleep(ANSWER_TAKES_S)

    async def send(raw: bytes, timeout_s: float) -> Response:
        task = asyncio.create_task(work())
        working.add(task)
        task.add_done_callback(working.discard)
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
        return Response("ok", 200) if done else Response("timeout")

    return send


async def overloaded_once(load: Load, send: Send) -> list[Try]:
    """The tries of `load`, to which 30 requests of somebody else's come at second 1."""
    loop = asyncio.get_running_loop()
    began, tries = loop.time(), list[Try]()

    async def burst() -> None:
        await asyncio.sleep(1)
        await asyncio.gather(*(send(PLAIN, load.retries.timeout_s) for _ in range(30)))

    async with asyncio.TaskGroup() as group:
        group.create_task(burst())
        group.create_task(run(load, send, lambda: loop.time() - began, tries.append))
    return tries


def late(tries: list[Try]) -> tuple[bool, float]:
    """Whether requests are served again after five seconds; tries for each of them."""
    due = [t for t in tries if 6.0 <= t.due < 7.0]
    served = [t.outcome == "ok" for t in due if t.last]
    return sum(served) > len(served) / 2, len(due) / len(served)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("retries", "recovers"), [(NAIVE, False), (DISCIPLINED, True)], ids=str
)
def test_the_two_clocks_agree(retries: Retries, recovers: bool) -> None:
    """On whether a service recovers from a burst, and on what its clients send."""
    load = Load(rate=10, seed=4, seconds=8, retries=retries)
    with asyncio.Runner(loop_factory=FakeClockLoop) as runner:

        async def computed() -> list[Try]:
            return await overloaded_once(load, model_of_narrow())

        served, factor = late(runner.run(computed()))
    with Fleet(Release.named("narrow"), 1) as fleet:
        send = partial(exchange, fleet.address)
        really_served, real_factor = late(fleet.run(overloaded_once(load, send)))
    assert served == recovers
    assert really_served == recovers
    assert real_factor == pytest.approx(factor, rel=0.3)


def test_a_fake_clock_takes_no_time() -> None:
    """An hour passes at once, and in order."""
    order = []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append((seconds, round(asyncio.get_running_loop().time())))

    async def all_of_them() -> None:
        await asyncio.gather(*map(sleep, (3600, 1, 60)))

    with asyncio.Runner(loop_factory=FakeClockLoop) as runner:
        runner.run(all_of_them())
        with pytest.raises(RuntimeError, match="for ever"):
            runner.run(asyncio.Event().wait())
    assert order == [(1, 1), (60, 60), (3600, 3600)]


def test_a_policy_keeps_what_was_told_of_it() -> None:
    """No retry after a 4xx, a bound, a doubling, a budget, Retry-After."""
    told = Retries(
        3, 0.2, factor=2.0, longest_s=0.5, budget=0.5, heeds_retry_after=True
    )
    policy = told.policy()
    assert policy.wait(1, 404, None) is None
    assert [policy.wait(n, 503, None) for n in (1, 2, 3, 4)] == [0.2, 0.4, 0.5, None]
    assert policy.wait(1, None, 2.0) == 2.2
    assert policy.wait(1, 503, None) == 0.2  # the last of five
    assert BURST == 5
    assert policy.wait(1, 503, None) is None
    policy.request()
    policy.request()
    assert policy.wait(1, 503, None) == 0.2
