"""The dispatcher, seen from outside: what becomes of requests, and of sessions.

One replica serves all checks but the last. Its directory is slow, silent or broken for
a few backends; which ones is drawn.
"""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.observe import (
    BACKENDS,
    READY_WITHIN_S,
    Backend,
    Patience,
    is_from,
    logged,
    metric,
    request_for,
    route_to,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import MALFORMED, http_request, malformed
from course.outage.traffic.wire import Response

# The exercise allows a second; a loaded machine gets more. Once a request has hung,
# the next ones are given less.
BOUND_S = 2.5
HUNG_S = 0.8
QUICK_S = 1.0
BEGUN_S = 0.4  # until two look-ups have begun, if they can at the same time
FAILURES = 1000
AT_ONCE = 8
SHARED_BY = 20

FAULTS = ("slow", "silent", "late", "cancelled", "broken")
SLOW_S = 0.6  # within the second that the exercise allows
LATE_S = 1.4  # past it

PLANTED = """

_find = Session.find


async def find(self: Session, header: bytes) -> Backend:
    backend = await _find(self, header)
    match {faults!r}.get((backend.region, backend.shard)):
        case "silent":
            await asyncio.sleep(3600)
        case "slow":
            await asyncio.sleep({slow_s})
        case "late":
            await asyncio.sleep({late_s})
        case "cancelled":
            raise asyncio.CancelledError
        case "broken":
            raise RuntimeError("the directory is broken")
    return backend


Session.find = find
"""


def plant_in_directory(release: Release, faults: dict[Backend, str]) -> Release:
    """`release` with a directory that has `faults`."""
    code = PLANTED.format(faults=faults, slow_s=SLOW_S, late_s=LATE_S)
    return release.extended("directory.py", code)


def order_for(backend: Backend) -> bytes:
    """A valid order for `backend`; the response says which backend took it."""
    order = b'{"item": "tea", "quantity": 1}'
    return http_request(route_to(backend), "PUT", "/orders/1", order)


@dataclass
class Answer:
    """The answer, running; the backend of each planted fault; backends without one."""

    fleet: Fleet
    faulty: dict[str, Backend]
    fine: list[Backend]
    rng: random.Random
    patience: Patience = field(default_factory=lambda: Patience(BOUND_S, HUNG_S))

    def send(self, raw: bytes) -> Response:
        """Send a request that ought to be answered within the bound."""
        response = self.fleet.send(raw, self.patience.seconds)
        if response.outcome == "timeout":
            self.patience.lose()
        return response

    def send_all(self, raws: Sequence[bytes], within_s: float) -> list[Response]:
        """Send requests at the same time."""
        return self.fleet.send_all(raws, within_s)

    def metric(self, name: str) -> float:
        """A metric of the replica, or NaN."""
        return metric(self.fleet, name, QUICK_S)

    def works(self) -> bool:
        """Whether a valid request is served, after a death a restart included."""
        self.fleet.wait_ready(READY_WITHIN_S)
        backend = self.rng.choice(self.fine)
        within_s = min(QUICK_S, self.patience.seconds)
        return is_from(self.fleet.send(order_for(backend), within_s), backend)


def start(release: Release, start_fleet: StartFleet, rng: random.Random) -> Answer:
    """The release with its faults planted, on a replica."""
    drawn = rng.sample(BACKENDS, len(FAULTS))
    faulty = dict(zip(FAULTS, drawn, strict=True))
    faults = {backend: fault for fault, backend in faulty.items()}
    fleet = start_fleet(plant_in_directory(release, faults))
    fine = [backend for backend in BACKENDS if backend not in faults]
    return Answer(fleet, faulty, fine, rng)


@pytest.fixture(scope="module")
def answer(release: Release, start_fleet: StartFleet, seeded: random.Random) -> Answer:
    started = start(release, start_fleet, seeded)
    if not started.works():
        why = stopped(started.fleet)
        raise Unmet(
            sent="the plainest of valid requests, before anything has failed.",
            saw=f"no 200 within {QUICK_S:.0f} s{'; ' * bool(why)}{why}.",
            expected="200: first of all a look-up that works.",
        )
    return started


GRACE, SHORTER_GRACE = "SHUTDOWN_GRACE_S = 1\n", "SHUTDOWN_GRACE_S = 0.2\n"


# In this order: a dispatcher that a check has killed is dead for those that follow.
@check("Requests for the same header share one question", points=1)
def test_requests_share_a_question(answer: Answer) -> None:
    raw = order_for(answer.faulty["slow"])
    before = answer.metric("directory_finds_total")
    responses = answer.send_all([raw] * SHARED_BY, BOUND_S)
    asked = answer.metric("directory_finds_total") - before
    served = sum(r.status == 200 for r in responses)
    if not 1 <= asked <= SHARED_BY / 2 or served < SHARED_BY:
        raise Unmet(
            margin_s=0.35,
            sent=f"{SHARED_BY} requests for one header at the same time, to a directory"
            f" that takes {SLOW_S} s.",
            saw=f"{asked:.0f} questions to the directory; {served} requests served.",
            expected=f"one question, or two if a request came late, and {SHARED_BY}"
            " served.",
            look="how a request can find out that its header is being looked up"
            " already, and wait for that.",
        )
    first = answer.metric("directory_finds_total")
    answer.send(raw)
    if answer.metric("directory_finds_total") == first:
        raise Unmet(
            margin_s=0.35,
            sent="the same header once more, later.",
            saw="no question to the directory.",
            expected="a new one: answers are not kept, and neither are failures.",
            look="when a look-up that has ended is forgotten.",
        )


@check("A silent or late directory is an error in time, for its requests", points=2)
def test_a_silent_directory_is_bounded(answer: Answer) -> None:
    slow = [request_for(answer.faulty[fault]) for fault in ("silent", "late")]
    fine = answer.rng.sample(answer.fine, 4)
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(answer.send_all, slow, BOUND_S)
        answer.fleet.telemetry.wait_for(
            lambda _: answer.metric("directory_sessions_open") >= len(slow), BEGUN_S
        )
        others = answer.send_all([order_for(b) for b in fine], QUICK_S)
        still_slow = answer.metric("directory_sessions_open")
        responses = waiting.result()
    if not all(is_from(r, b) for r, b in zip(others, fine, strict=True)):
        wrong = next(r for r, b in zip(others, fine, strict=True) if not is_from(r, b))
        raise Unmet(
            sent="four valid requests, while two other look-ups were being slow.",
            saw=f"{wrong}.",
            expected=f"200 within {QUICK_S:.0f} s, for each.",
            look="whether look-ups wait for each other.",
        )
    if still_slow < 1:
        raise Unmet(
            margin_s=0.35,
            sent="four valid requests, while two other look-ups were being slow.",
            saw="they were served when those two had ended.",
            expected="them to be served meanwhile.",
            look="whether look-ups wait for each other.",
        )
    for fault, response in zip(("silent", "late"), responses, strict=True):
        if response.status is None or response.status < 400:
            raise Unmet(
                sent=f"a request whose look-up is {fault}: the directory"
                + (" never answers." if fault == "silent" else f" takes {LATE_S} s."),
                saw=f"{response}, in {BOUND_S} s.",
                expected="an error after about a second.",
                look="`asyncio.timeout`, and who must be inside of it.",
            )
    answer.fleet.telemetry.wait(LATE_S - 1.0)  # it arrives, and must do no harm
    if not answer.works():
        raise Unmet(
            sent="a valid request, after an answer that had come too late.",
            saw="it was not served.",
            expected="200.",
            look="what a look-up does with an answer for which nobody waits any more."
            " A future that was cancelled takes no result.",
        )


@check("A look-up that fails is one request's failure", points=2)
def test_a_failure_is_one_requests(answer: Answer) -> None:
    rng = answer.rng
    failing = [malformed(rng, kind)[1] for kind in MALFORMED]
    failing.append(request_for(answer.faulty["broken"]))
    deaths = len(answer.fleet.telemetry.exits())
    for raw in failing:
        response = answer.send(raw)
        if response.status is None or response.status < 400:
            raise Unmet(
                sent="a request whose look-up raises an exception.",
                saw=f"{response}.",
                expected="an error: 4xx or 5xx.",
                look="who waits for this look-up, and what it gets if there is no"
                " backend to give.",
            )
        if not answer.works() or len(answer.fleet.telemetry.exits()) > deaths:
            died = len(answer.fleet.telemetry.exits()) > deaths
            raise Unmet(
                sent="a valid request, after one whose look-up raised an exception.",
                saw="the process had ended." if died else "it was not served.",
                expected="200, from the same process.",
                look="what else ends with the task in which the exception was raised.",
            )


@check("It is alive, or seen to be dead", points=2)
def test_it_is_alive_or_seen_to_be_dead(answer: Answer) -> None:
    deaths = len(answer.fleet.telemetry.exits())
    response = answer.send(request_for(answer.faulty["cancelled"]))
    died = len(answer.fleet.telemetry.exits()) > deaths
    if response.outcome == "timeout" and not died:
        raise Unmet(
            sent="a request whose look-up raises CancelledError, though nobody has"
            " cancelled it.",
            saw=f"{response}, in {BOUND_S} s.",
            expected="an answer, of whatever kind.",
            look="which exceptions are no Exception, and what becomes of a request that"
            " waits for a look-up which was ended by one.",
        )
    ready = answer.fleet.send(http_request(None, path="/readyz"), QUICK_S)
    if not died and ready.status == 200 and not answer.works():
        raise Unmet(
            sent="a valid request, after a look-up that was cancelled by nobody.",
            saw="it was not served, and /readyz says that all is well.",
            expected="200; or a /readyz that says 503; or a process that ends.",
            look="who would notice if your worker ended.",
        )


@check("1,000 failures leave no session open", points=1.5)
def test_nothing_leaks(answer: Answer) -> None:
    lost = [request_for(answer.faulty[fault]) for fault in ("silent", "late", "broken")]
    raws = lost + [malformed(answer.rng)[1] for _ in range(FAILURES - len(lost))]
    hung = 0

    def send(raw: bytes) -> Response:
        nonlocal hung
        if hung > 2 * AT_ONCE:
            return Response("timeout")
        began = answer.fleet.telemetry.ran_s()
        response = answer.send(raw)
        hung += answer.fleet.telemetry.ran_s() - began > HUNG_S
        return response

    with ThreadPoolExecutor(AT_ONCE) as clients:
        unanswered = sum(r.status is None for r in clients.map(send, raws))
    open_ = answer.metric("directory_sessions_open")
    if open_ or unanswered or not answer.works():
        raise Unmet(
            sent=f"{FAILURES:,} requests whose look-ups fail, {AT_ONCE} at a time.",
            saw=f"sessions open with nothing under way: {open_:.0f}; requests without"
            f" an answer: {unanswered}.",
            expected="no session open, an answer for each.",
            look="the line that closes a session, and the paths that do not reach it.",
        )


# On a replica of its own, with look-ups under way.
@check("On shutdown look-ups end, sessions close, the exit code is 0", points=1.5)
def test_it_goes_when_it_is_told_to(
    answer: Answer, release: Release, start_fleet: StartFleet
) -> None:
    healthy = answer.works()
    # A server that waits for its requests as long as the look-up would hide it all.
    hasty = release.edited("__main__.py", GRACE, SHORTER_GRACE)
    fresh = start(hasty, start_fleet, answer.rng)
    raw = request_for(fresh.faulty["silent"])
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(fresh.fleet.send, raw, BOUND_S)
        fresh.fleet.telemetry.wait_for(
            lambda _: fresh.metric("directory_sessions_open") >= 1, QUICK_S
        )
        end = fresh.fleet.stop_replica(0)
        waiting.result()
    fresh.fleet.telemetry.wait_for(lambda _: bool(closing(fresh.fleet)), QUICK_S)
    left = closing(fresh.fleet)
    if end.exit_code or end.killed or left != [0] or not healthy:
        how = (
            "it was killed after 3 s"
            if end.killed
            else (f"it ended with exit code {end.exit_code}")
        )
        sessions = f"{left[0]} sessions still open" if left else "no word of sessions"
        dead = "" if healthy else "; and the replica of the other checks serves nobody"
        raise Unmet(
            sent="SIGTERM, while a look-up was waiting for the directory.",
            saw=f"{how}, with {sessions}{dead}.",
            expected="exit code 0 within 3 s, with every session closed before the"
            " directory was.",
            look="__aexit__: which tasks are yours, and who waits until they are gone.",
        )


def closing(fleet: Fleet) -> list[object]:
    """The numbers of open sessions with which directories were closed."""
    return [
        r.get("sessions_open")
        for r in logged(fleet)
        if r["event"] == "directory.closed"
    ]
