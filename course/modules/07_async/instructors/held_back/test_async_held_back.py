"""The same promises with other faults, all at once, from many clients.

Nothing here may reach a learner: see course/modules/README.md.
"""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from autograder.instruments.expect import guards, require
from autograder.instruments.observe import BACKENDS, Backend, is_from, metric
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import http_request, malformed, well_formed_route
from course.outage.traffic.wire import Response

AT_ONCE = 16
REQUESTS = 300
ANSWER_WITHIN_S = 3.0
# So few that whoever waits for them one after another answers in time: that look-ups
# wait for each other at all is another check's to find.
LONG_WAITS = 2

# Raised instead of an answer, or waited for in its place.
FAULTS = ("TimeoutError", "KeyError", "ExceptionGroup", "a long wait")

PLANTED = """

_find = Session.find


async def find(self: Session, header: bytes) -> Backend:
    backend = await _find(self, header)
    match {faults!r}.get((backend.region, backend.shard)):
        case "TimeoutError":
            raise TimeoutError
        case "KeyError":
            raise KeyError(backend.shard)
        case "ExceptionGroup":
            raise ExceptionGroup("several", [OSError("one"), ValueError("two")])
        case "a long wait":
            await asyncio.sleep(60)
    return backend


Session.find = find
"""


@dataclass
class Sent:
    """One request: the backend that should serve it, if any; what came back."""

    backend: Backend | None
    response: Response


@dataclass
class Evidence:
    """All that was sent to the replica, which still runs."""

    fleet: Fleet
    sent: list[Sent]


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    drawn = seeded.sample(BACKENDS, len(FAULTS))
    faults = dict(zip(drawn, FAULTS, strict=True))
    code = PLANTED.format(faults=faults)
    fleet = start_fleet(release.extended("directory.py", code))
    order = b'{"item": "tea", "quantity": 1}'
    plan: list[tuple[Backend | None, bytes]] = []
    long_waits = 0
    while len(plan) < REQUESTS:
        header, region, shard = well_formed_route(seeded)
        raw = http_request(header, "PUT", f"/orders/{len(plan)}", order)
        fault = faults.get((region, shard))
        long_waits += fault == "a long wait"
        if fault == "a long wait" and long_waits > LONG_WAITS:
            continue
        plan.append((None if fault else (region, shard), raw))
        if seeded.random() < 0.3:
            plan.append((None, malformed(seeded)[1]))
    hung = 0

    def send(each: tuple[Backend | None, bytes]) -> Sent:
        nonlocal hung
        if hung > AT_ONCE:
            return Sent(each[0], Response("timeout"))
        response = fleet.send(each[1], ANSWER_WITHIN_S)
        hung += response.outcome == "timeout"
        return Sent(each[0], response)

    with ThreadPoolExecutor(AT_ONCE) as clients:
        return Evidence(fleet, list(clients.map(send, plan)))


@guards(
    "test_a_failure_is_one_requests",
    sent="valid requests from many clients at once, among failing ones of several"
    " kinds.",
    saw="some valid one was not served by its backend, or some failing one got no"
    " error.",
    expected="200 for the valid ones and an error for the others, whatever the look-ups"
    " next to them raise.",
    look="what two look-ups that run at the same time share.",
)
def test_many_failures_at_once(evidence: Evidence) -> None:
    for s in evidence.sent:
        if s.backend is not None:
            require(is_from(s.response, s.backend))
        else:
            require(s.response.status is not None and s.response.status >= 400)
    require(not evidence.fleet.telemetry.exits())


@guards(
    "test_nothing_leaks",
    sent="look-ups that fail in several ways, many at once.",
    saw="sessions that were still open when nothing was under way any more.",
    expected="none.",
    look="the ways out of a look-up other than a result and an exception of its own.",
)
def test_no_session_stays_open(evidence: Evidence) -> None:
    fleet = evidence.fleet

    def open_sessions() -> float:
        return metric(fleet, "directory_sessions_open", 2.0)

    route = json.dumps({"region": BACKENDS[0][0], "shard": 99}).encode()
    fleet.send(http_request(route), 2.0)
    fleet.telemetry.wait_for(lambda _: open_sessions() == 0, 2.0)
    require(open_sessions() == 0)
