"""The dispatcher, seen from outside: what happens to requests and sessions.

One replica serves all checks but the last. Its directory is slow, silent or broken for
a few backends; which ones is drawn. Two headers of one backend are two questions.
"""

import json
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
SETTLED_S = 6.0
CLOSED_S = 2.0
BEGUN_S = 0.4  # until look-ups have begun, if they can at the same time
FAILURES = 1000
AT_ONCE = 8
SHARED_BY = 20
SESSIONS = 8

# With "once", the fault is over for a header that has met it.
FAULTS = (
    *("slow", "silent", "late", "cancelled", "broken"),
    *("late once", "cancelled once", "broken once"),
)
SLOW_S = 0.6  # within the second that the exercise allows
LATE_S = 1.4  # past it
OWN_TIMEOUT_S = 0.9  # a look-up that lasts as long was ended by nothing else

PLANTED = """

_find = Session.find
_met = set()


async def find(self: Session, header: bytes) -> Backend:
    backend = await _find(self, header)
    fault = {faults!r}.get((backend.region, backend.shard), "")
    if fault.endswith("once"):
        if header in _met:
            return backend
        _met.add(header)
    match fault.partition(" ")[0]:
        case "silent":
            clock = asyncio.get_running_loop().time
            began = clock()
            try:
                await asyncio.sleep(3600)
            finally:
                log.info("directory.silence_ended", after_s=clock() - began)
        case "slow":
            await asyncio.sleep({slow_s})
        case "late":
            await asyncio.sleep({late_s})
        case "cancelled":
            raise asyncio.CancelledError
        case "broken":
            await asyncio.sleep(0.1)
            raise RuntimeError({text!r})
    return backend


Session.find = find
"""


def plant_in_directory(
    release: Release, faults: dict[Backend, str], rng: random.Random
) -> Release:
    """`release` with a directory that has `faults`."""
    text = f"{rng.getrandbits(64):x}"
    code = PLANTED.format(faults=faults, slow_s=SLOW_S, late_s=LATE_S, text=text)
    return release.extended("directory.py", code)


def order(route: bytes) -> bytes:
    """An order with that X-Route; the response says which backend took it."""
    return http_request(route, "PUT", "/orders/1", b'{"item": "tea", "quantity": 1}')


def order_for(backend: Backend) -> bytes:
    """A valid order for `backend`."""
    return order(route_to(backend))


def failed(response: Response) -> bool:
    """Whether it is a response, and an error."""
    return response.status is not None and response.status >= 400


@dataclass
class Answer:
    """The answer, running; the backend of each planted fault; backends without one."""

    fleet: Fleet
    faulty: dict[str, Backend]
    fine: list[Backend]
    rng: random.Random
    patience: Patience = field(default_factory=lambda: Patience(BOUND_S, HUNG_S))
    settling: Patience = field(default_factory=lambda: Patience(SETTLED_S, HUNG_S))
    told: bool = False  # that it serves nobody

    def send(self, raw: bytes) -> Response:
        """Send a request that ought to be answered within the bound."""
        response = self.fleet.send(raw, self.patience.seconds)
        if response.outcome == "timeout":
            self.patience.lose()
        return response

    def send_all(self, raws: Sequence[bytes], within_s: float) -> list[Response]:
        """Send requests at the same time."""
        return self.fleet.send_all(raws, within_s)

    def new(self, fault: str, count: int) -> list[bytes]:
        """Valid orders that meet `fault`, each with a header that is like no other."""
        region, shard = self.faulty[fault]
        clients = [f"{self.rng.getrandbits(48):x}" for _ in range(count)]
        routes = [{"region": region, "shard": shard, "client": c} for c in clients]
        return [order(json.dumps(route).encode()) for route in routes]

    def metric(self, name: str) -> float:
        """A metric of the replica, or NaN."""
        return metric(self.fleet, name, QUICK_S)

    def deaths(self) -> int:
        """How many times a process of the answer has ended by now."""
        self.fleet.catch_up()
        return len(self.fleet.telemetry.exits())

    def works(self) -> bool:
        """Whether a valid request is served, after a death a restart included."""
        self.fleet.wait_ready(READY_WITHIN_S)
        backend = self.rng.choice(self.fine)
        within_s = min(QUICK_S, self.patience.seconds)
        return is_from(self.fleet.send(order_for(backend), within_s), backend)

    def settle(self) -> bool:
        """Wait until what came before is over; return whether a request is served."""
        within_s = self.settling.seconds
        settled = self.fleet.telemetry.wait_for(lambda _: self.works(), within_s)
        if not settled:
            self.settling.lose()
        return settled

    def require_settled(self) -> None:
        """Require that a request is served before a check begins."""
        if not self.settle():
            raise Unmet(
                sent="a valid request, before this check had sent anything else.",
                saw="it was not served.",
                expected="200: a look-up that works comes first.",
                look="what an earlier check says.",
            )

    def require_forgotten(self, raw: bytes, fault: str, what: str) -> None:
        """Require that `raw` is served, whose look-up has ended as `what` says."""
        if not self.works():
            raise Unmet(
                sent=f"a valid request, after one whose look-up {what}.",
                saw="it was not served.",
                expected="200.",
                look="what else ends with the task of that look-up.",
            )
        response = self.send(raw)
        if not is_from(response, self.faulty[fault]):
            raise Unmet(
                sent=f"a request whose look-up {what}, and later the same request"
                " again. By then the directory has an answer for it.",
                saw=f"{response}, the second time.",
                expected="200: a new question, and its answer.",
                look="when a look-up that has ended is forgotten, however it ended.",
            )


def start(release: Release, start_fleet: StartFleet, rng: random.Random) -> Answer:
    """The release with its faults planted, on a replica."""
    drawn = rng.sample(BACKENDS, len(FAULTS))
    faulty = dict(zip(FAULTS, drawn, strict=True))
    faults = {backend: fault for fault, backend in faulty.items()}
    fleet = start_fleet(plant_in_directory(release, faults, rng))
    fine = [backend for backend in BACKENDS if backend not in faults]
    return Answer(fleet, faulty, fine, rng)


@pytest.fixture(scope="module")
def started(release: Release, start_fleet: StartFleet, seeded: random.Random) -> Answer:
    return start(release, start_fleet, seeded)


@pytest.fixture(scope="module")
def served(started: Answer) -> bool:
    return started.works()


@pytest.fixture
def answer(started: Answer, served: bool) -> Answer:
    if not served:
        why = stopped(started.fleet)
        again, started.told = started.told, True
        raise Unmet(
            sent="the plainest of valid requests, before anything has failed.",
            saw="no 200, as the first check tells."
            if again
            else f"no 200 within {QUICK_S:.0f} s{'; ' * bool(why)}{why}.",
            expected="200: a look-up that works comes first.",
        )
    return started


LEAK = "the line that closes a session, and the paths that do not reach it."
GRACE, SHORTER_GRACE = "SHUTDOWN_GRACE_S = 1\n", "SHUTDOWN_GRACE_S = 0.05\n"


# In this order: a dispatcher that a check has killed is dead for those that follow.
@check("Requests for the same header share one question", points=1)
def test_requests_share_a_question(answer: Answer) -> None:
    backend = answer.faulty["slow"]
    raw = order_for(backend)
    before = answer.metric("directory_finds_total")
    responses = answer.send_all([raw] * SHARED_BY, BOUND_S)
    asked = answer.metric("directory_finds_total") - before
    served = sum(is_from(r, backend) for r in responses)
    if not 1 <= asked <= 2 or served < SHARED_BY:
        raise Unmet(
            margin_s=0.35,
            sent=f"{SHARED_BY} requests for one header at the same time, to a directory"
            f" that takes {SLOW_S} s.",
            saw=f"{asked:.0f} questions to the directory; {served} requests served.",
            expected=f"one question, or two if a request came late, and {SHARED_BY}"
            " served.",
            look="how a request can find out that its header is already being looked"
            " up, and wait for that.",
        )
    first = answer.metric("directory_finds_total")
    answer.send(raw)
    if not answer.metric("directory_finds_total") > first:
        raise Unmet(
            margin_s=0.35,
            sent="the same header again, later.",
            saw="no question to the directory.",
            expected="a new one: answers are not kept.",
            look="when a look-up that has ended is forgotten.",
        )


@check("A silent or late directory becomes an error in time", points=2)
def test_a_silent_directory_is_bounded(answer: Answer) -> None:
    rng = answer.rng
    answer.settle()
    faults = ("silent", "late", "late once")
    troubled = {fault: answer.new(fault, 1)[0] for fault in faults}
    # All but one session are taken.
    slow = [*troubled.values(), *answer.new("slow", SESSIONS - 1 - len(faults))]
    backends = rng.sample(answer.fine, 4)
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(answer.send_all, slow, BOUND_S)
        answer.fleet.telemetry.wait_for(
            lambda _: answer.metric("directory_sessions_open") >= len(slow), BEGUN_S
        )
        others = answer.send_all([order_for(b) for b in backends], QUICK_S)
        still_slow = answer.metric("directory_sessions_open")
        responses = waiting.result()
    sent = f"four valid requests, while {SESSIONS - 1} other look-ups were slow."
    if not all(is_from(r, b) for r, b in zip(others, backends, strict=True)):
        wrong = next(
            r for r, b in zip(others, backends, strict=True) if not is_from(r, b)
        )
        raise Unmet(
            sent=sent,
            saw=f"{wrong}.",
            expected=f"200 within {QUICK_S:.0f} s for each. A session was free.",
            look="whether look-ups wait for each other.",
        )
    if not still_slow >= 1:
        raise Unmet(
            margin_s=0.35,
            sent=sent,
            saw="they were served only when the slow ones had ended.",
            expected="them to be served in the meantime.",
            look="whether look-ups wait for each other.",
        )
    for fault, response in zip(("silent", "late"), responses, strict=False):
        if not failed(response):
            raise Unmet(
                sent=f"a request whose look-up is {fault}: the directory"
                + (" never answers." if fault == "silent" else f" takes {LATE_S} s."),
                saw=f"{response}, in {BOUND_S} s.",
                expected="an error after about a second.",
                look="`asyncio.timeout`, and who must be inside it.",
            )
    # It arrives, which must do no harm, half a second before the next request.
    answer.fleet.telemetry.wait(LATE_S - 0.5)
    answer.require_forgotten(troubled["late once"], "late once", "did not end in time")
    # A session that was not closed is another check's to tell.
    leaked = answer.metric("directory_sessions_open")
    free = SESSIONS - int(leaked) if 0 <= leaked <= SESSIONS else SESSIONS
    told = answer.send_all(answer.new("slow", free), QUICK_S)
    served = sum(is_from(r, answer.faulty["slow"]) for r in told)
    if served < free or not answer.works():
        raise Unmet(
            margin_s=0.35,
            sent=f"{free} valid requests at the same time, whose look-ups take"
            f" {SLOW_S} s, after answers that came too late.",
            saw=f"{served} were served within {QUICK_S:.0f} s.",
            expected=f"{free}, and the next one. There is a session for each.",
            look="what a look-up does with an answer that nobody waits for any more"
            " (a future that was cancelled takes no result), and how many can run.",
        )


@check("A look-up that fails is one request's failure", points=2)
def test_a_failure_is_one_requests(answer: Answer) -> None:
    rng = answer.rng
    answer.require_settled()
    deaths = answer.deaths()
    backends = [answer.faulty["slow"], *rng.sample(answer.fine, 2)]
    [broken] = answer.new("broken", 1)
    told = answer.send_all([*map(order_for, backends), *[broken] * 3], BOUND_S)
    for response in told[len(backends) :]:
        if not failed(response):
            raise Unmet(
                sent="three requests for one header at the same time. The look-up"
                " raises an exception.",
                saw=f"{response}, for one of them.",
                expected="an error for each: 4xx or 5xx.",
                look="who waits for this look-up, and what they get if there is no"
                " backend to give.",
            )
    for response, backend in zip(told, backends, strict=False):
        if not is_from(response, backend):
            raise Unmet(
                sent="a valid request, whose look-up was running when another one"
                " raised an exception.",
                saw=f"{response}.",
                expected="200, from its backend.",
                look="what else ends with the task in which the exception was raised.",
            )
    for raw in [malformed(rng, kind)[1] for kind in MALFORMED]:
        response = answer.send(raw)
        if not failed(response):
            raise Unmet(
                sent="a request whose look-up raises an exception.",
                saw=f"{response}.",
                expected="an error: 4xx or 5xx.",
                look="who waits for this look-up, and what it gets if there is no"
                " backend to give.",
            )
        if not answer.works() or answer.deaths() > deaths:
            died = answer.deaths() > deaths
            open_ = answer.metric("directory_sessions_open")
            raise Unmet(
                sent="a valid request, after one whose look-up raised an exception.",
                saw="the process had ended."
                if died
                else f"it was not served; sessions open: {open_:.0f}.",
                expected="200, from the same process.",
                look=LEAK
                if open_ >= SESSIONS
                else "what else ends with the task in which the exception was raised.",
            )
    [once] = answer.new("broken once", 1)
    answer.send(once)
    answer.require_forgotten(once, "broken once", "raises an exception")


@check("1,000 failures leave no session open", points=1.5)
def test_nothing_leaks(answer: Answer) -> None:
    answer.require_settled()
    lost = [
        raw for fault in ("silent", "late", "broken") for raw in answer.new(fault, 1)
    ]
    raws = lost + [malformed(answer.rng)[1] for _ in range(FAILURES - len(lost))]
    hung = 0

    def send(raw: bytes) -> Response | None:
        nonlocal hung
        if hung > 2 * AT_ONCE:
            return None
        began = answer.fleet.telemetry.ran_s()
        response = answer.send(raw)
        hung += answer.fleet.telemetry.ran_s() - began > HUNG_S
        return response

    with ThreadPoolExecutor(AT_ONCE) as clients:
        told = [response for response in clients.map(send, raws) if response]
    unanswered = sum(r.status is None for r in told)
    answer.fleet.telemetry.wait_for(
        lambda _: answer.metric("directory_sessions_open") == 0, CLOSED_S
    )
    open_ = answer.metric("directory_sessions_open")
    if open_ or unanswered:
        raise Unmet(
            sent=f"{len(told):,} requests whose look-ups fail, {AT_ONCE} at a time.",
            saw=f"sessions open with nothing under way: {open_:.0f}; requests without"
            f" an answer: {unanswered}.",
            expected="no session open, and an answer for each.",
            look=LEAK if open_ else "who waits for a look-up that fails.",
        )
    if not answer.works():
        raise Unmet(
            sent=f"a valid request, after {len(told):,} whose look-ups failed.",
            saw="it was not served.",
            expected="200.",
            look="what a look-up needs, and who has it now.",
        )


@check("It is alive, or seen to be dead", points=2)
def test_it_is_alive_or_seen_to_be_dead(answer: Answer) -> None:
    ready = answer.fleet.send(http_request(None, path="/readyz"), QUICK_S)
    if ready.status != 503:
        answer.require_settled()
    deaths = answer.deaths()
    # As many as there are sessions: a worker for each may die of them.
    [once] = answer.new("cancelled once", 1)
    raws = [*answer.new("cancelled", SESSIONS - 1), once, once]
    responses = answer.send_all(raws, answer.patience.seconds)
    silent = sum(r.outcome == "timeout" for r in responses)
    if silent and answer.deaths() == deaths:
        raise Unmet(
            sent=f"{len(raws)} requests at the same time, whose look-ups raise"
            " CancelledError, although nobody cancelled them.",
            saw=f"{silent} of them had no answer in {answer.patience.seconds} s.",
            expected="an error for each.",
            look="which exceptions are no Exception, and what happens to a request that"
            " waits for a look-up when one of them ends it.",
        )
    served = next((r for r in responses[:-2] if r.status and not failed(r)), None)
    if served:
        raise Unmet(
            sent="a request whose look-up raises CancelledError, although nobody"
            " cancelled it.",
            saw=f"{served}.",
            expected="an error: there is no backend to give.",
            look="what you return where you caught it.",
        )

    def seen_dead() -> bool:
        ready = answer.fleet.send(http_request(None, path="/readyz"), QUICK_S)
        return ready.status == 503 or answer.deaths() > deaths

    dead = False

    def settled(_: object) -> bool:
        nonlocal dead
        dead = seen_dead()
        return dead or answer.works()

    if not answer.fleet.telemetry.wait_for(settled, QUICK_S):
        open_ = answer.metric("directory_sessions_open")
        raise Unmet(
            sent="valid requests, after look-ups that raised CancelledError, although"
            " nobody cancelled them.",
            saw="for a second they were not served, and /readyz did not say 503."
            f" Sessions open: {open_:.0f}.",
            expected="200, or a /readyz that says 503, or a process that ends.",
            look="who would notice if your worker ended."
            if not open_ >= SESSIONS
            else LEAK,
        )
    if not dead:
        answer.require_forgotten(once, "cancelled once", "raises CancelledError")


# On a replica of its own, with look-ups under way.
@check("On shutdown look-ups end, sessions close, the exit code is 0", points=1.5)
def test_it_goes_when_it_is_told_to(
    answer: Answer, release: Release, start_fleet: StartFleet
) -> None:
    # A server that waits for its requests as long as the look-up would hide it all.
    hasty = release.edited("__main__.py", GRACE, SHORTER_GRACE)
    fresh = start(hasty, start_fleet, answer.rng)
    # Two of them wait for a session.
    raws = fresh.new("silent", SESSIONS + 2)
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(fresh.send_all, raws, BOUND_S)
        fresh.fleet.telemetry.wait_for(
            lambda _: fresh.metric("directory_sessions_open") >= SESSIONS, BEGUN_S
        )
        end = fresh.fleet.stop_replica(0)
        waiting.result()
    fresh.fleet.telemetry.wait_for(lambda _: bool(closing(fresh.fleet)), QUICK_S)
    left = closing(fresh.fleet)
    if end.exit_code or end.killed or left != [0]:
        how = (
            "it was killed after 3 s"
            if end.killed
            else (f"it ended with exit code {end.exit_code}")
        )
        sessions = f"{left[0]} sessions still open" if left else "no word of sessions"
        raise Unmet(
            sent=f"SIGTERM, while {len(raws)} look-ups were waiting for the directory.",
            saw=f"{how}, with {sessions}.",
            expected="exit code 0 within 3 s, with every session closed before the"
            " directory.",
            look="__aexit__: which tasks are yours, and who waits until they are gone.",
        )
    lasted = silences(fresh.fleet)
    if not lasted or not max(lasted) < OWN_TIMEOUT_S:
        raise Unmet(
            margin_s=0.35,
            sent=f"SIGTERM, while {len(raws)} look-ups were waiting for the directory.",
            saw=f"the last one ended {max(lasted):.1f} s after it began."
            if lasted
            else "none of them had asked the directory.",
            expected="running look-ups to be cancelled at once.",
            look="__aexit__: what ends a look-up before its own time is over.",
        )


def closing(fleet: Fleet) -> list[object]:
    """The numbers of open sessions with which directories were closed."""
    return [
        r.get("sessions_open")
        for r in logged(fleet)
        if r["event"] == "directory.closed"
    ]


def silences(fleet: Fleet) -> list[float]:
    """How long the look-ups of a silent directory lasted, in seconds."""
    lasted = (
        r.get("after_s")
        for r in logged(fleet)
        if r["event"] == "directory.silence_ended"
    )
    return [s for s in lasted if isinstance(s, float)]
