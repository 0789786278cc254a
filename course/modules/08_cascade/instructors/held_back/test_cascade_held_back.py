"""The same promises with other numbers, failures that change, and planted faults.

Nothing here may reach a learner: see course/modules/README.md.
"""

import asyncio
import json
import random
from collections.abc import Callable

from autograder.instruments.expect import close, guards, require
from autograder.instruments.functions import Functions
from autograder.instruments.observe import BACKENDS, is_from, request_for, route_to
from autograder.instruments.plugin import StartFleet
from course.outage import Release
from course.outage.traffic.fakeclock import FakeClockLoop
from course.outage.traffic.load import Load, Try, run
from course.outage.traffic.messages import http_request
from course.outage.traffic.retries import Retries
from course.outage.traffic.wire import Response

THROUGH = """
import random

made = []


def through(RetryPolicy, method, *arguments):
    if method == "new":
        made[:] = [RetryPolicy(random.Random(*arguments))]
        return None
    return getattr(made[0], method)(*arguments)
"""


@guards(
    "test_the_factor_is_computed",
    sent="load_factor(…) for other layers and other shares.",
    saw="some of them did not give the right factor.",
    expected="the average number of tries at the bottom.",
    look="what your function goes by: the formula, or the examples.",
)
def test_other_factors(functions: Functions, seeded: random.Random) -> None:
    cases: list[tuple[float, list[int]]] = []
    for _ in range(20):
        tries = [seeded.randint(1, 4) for _ in range(seeded.randint(1, 4))]
        cases.append((round(seeded.uniform(0.05, 0.95), 3), tries))
    for (p, tries), call in zip(
        cases, functions.calls("load_factor", cases), strict=True
    ):
        most = 1
        for each in tries:
            most *= each
        require(close(call.value, sum(p**n for n in range(most))))


@guards(
    "test_what_is_tried_again",
    sent="requests whose tries fail in different ways, one after another.",
    saw="a try too many, or one too few.",
    expected="what the exercise says about each failure, and three tries at most.",
    look="what wait() goes by.",
)
def test_failures_that_change(functions: Functions, seeded: random.Random) -> None:
    again = [None, 429, *range(500, 600)]
    never = [status for status in range(400, 500) if status != 429]
    with functions.conversation("RetryPolicy", through=THROUGH) as ask:
        for _ in range(200):
            ask("new", seeded.getrandbits(30))
            ask("request")
            passing, final = seeded.choice(again), seeded.choice(never)
            require(isinstance(ask("wait", 1, passing, None).value, int | float))
            stop = ask("wait", 2, final, None)
            require(stop.ended == "returned" and stop.value is None)
            over = ask("wait", seeded.randint(3, 9), passing, None)
            require(over.ended == "returned" and over.value is None)


class Told:
    """The learner's policy behind the interface of clients."""

    def __init__(self, ask: Callable[..., object]) -> None:
        self._ask = ask

    def request(self) -> None:
        self._ask("request")

    def wait(
        self, tries: int, status: int | None, retry_after_s: float | None
    ) -> float | None:
        call = self._ask("wait", tries, status, retry_after_s)
        value = getattr(call, "value", None)
        return value if isinstance(value, int | float) and value >= 0 else None


@guards(
    "test_the_budget_holds",
    sent="an outage that ends, with quieter times before and after it.",
    saw="more retries than the budget allows, or none when it should have recovered.",
    expected="at most 10% during the outage, and retries again afterwards.",
    look="how the budget fills when nothing fails.",
)
def test_an_outage_that_ends(functions: Functions, seeded: random.Random) -> None:
    begins, ends, seconds = 60.0, 160.0, 260.0
    tries: list[Try] = []
    with (
        functions.conversation("RetryPolicy", 20.0, THROUGH) as ask,
        asyncio.Runner(loop_factory=FakeClockLoop) as runner,
    ):
        ask("new", seeded.getrandbits(30))
        clock = runner.get_loop().time

        async def send(raw: bytes, timeout_s: float) -> Response:
            down = begins <= clock() < ends
            await asyncio.sleep(0.01)
            if down or seeded.random() < 0.02:
                return Response("server_error", 503)
            return Response("ok", 200)

        load = Load(15, seconds=seconds, seed=seeded.getrandbits(30), retries=Retries())
        runner.run(run(load, send, clock, tries.append, Told(ask)))
    for since, until in ((begins, ends), (ends + 5, seconds)):
        due = [t for t in tries if since <= t.due < until]
        requests = sum(t.number == 1 for t in due)
        retries = len(due) - requests
        # What was saved up before may be spent: 10% of the 900 requests of before.
        require(retries <= 0.1 * requests + 110)
        given_up = sum(t.last and t.outcome != "ok" for t in due)
        require(since == begins or given_up <= 0.005 * requests)


@guards(
    "test_past_the_limit_it_refuses_at_once",
    sent="orders to several backends, more at the same time.",
    saw="too many taken on, or too few, or a wrong answer to one of those.",
    expected="the same as for the requests above.",
    look="which requests you count.",
)
def test_orders_at_once(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> None:
    fleet = start_fleet(release)
    wanted = [seeded.choice(BACKENDS) for _ in range(40)]
    order = b'{"item": "tea", "quantity": 1}'
    raws = [
        http_request(route_to(backend), "PUT", f"/orders/{n}", order)
        for n, backend in enumerate(wanted)
    ]
    told = fleet.send_all(raws, 4.0)
    served = [(r, b) for r, b in zip(told, wanted, strict=True) if r.status == 200]
    require(3 <= len(served) <= 13)
    require(all(is_from(r, b) for r, b in served))
    require(sum(r.status == 503 for r in told) == len(told) - len(served))


PLANTED = """

_find = Directory.find


async def find(self: Directory, header: bytes) -> Backend:
    backend = await _find(self, header)
    match {faults!r}.get((backend.region, backend.shard)):
        case "cancelled":
            raise asyncio.CancelledError
        case "broken":
            raise RuntimeError("the directory is broken")
        case "group":
            raise ExceptionGroup("several", [OSError("one"), ValueError("two")])
    return backend


Directory.find = find
"""


@guards(
    "test_places_come_back",
    sent="requests whose look-ups fail in several ways, one after another.",
    saw="fewer places afterwards than before.",
    expected="as many as before.",
    look="the exceptions that are no Exception, and what else leaves a block early.",
)
def test_places_of_failures(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> None:
    drawn = seeded.sample(BACKENDS, 3)
    faults = dict(zip(drawn, ("cancelled", "broken", "group"), strict=True))
    code = PLANTED.format(faults=faults)
    fleet = start_fleet(release.extended("directory.py", code))
    for _ in range(3):
        for backend in drawn:
            fleet.send(request_for(backend), 1.0)
        fleet.send(http_request(json.dumps({"region": 1}).encode()), 1.0)
    fine = next(b for b in BACKENDS if b not in faults)
    told = fleet.send_all([request_for(fine)] * 30, 4.0)
    require(sum(r.status == 200 for r in told) >= 3)
