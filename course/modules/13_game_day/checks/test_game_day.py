"""The mended module under all that any outage of the family could not stand.

One replica, its directory watched from outside. A few backends have bugs or a silence
planted in them, the same ones for all checks; which ones is drawn anew each time.
"""

import ast
import random
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.observe import (
    BACKENDS,
    Backend,
    is_from,
    logged,
    metric,
    plant,
    request_for,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from autograder.judge.job import Job
from course.outage import Fleet, Release
from course.outage.traffic.messages import (
    MALFORMED,
    http_request,
    malformed,
    put_order,
    well_formed_route,
)
from course.outage.traffic.wire import Response

BUGS = ("RuntimeError", "OSError", "RoutingTableTorn")
SILENT = "the directory does not answer"
ANSWERED_WITHIN_S = 2.5
FIRST_WITHIN_S = 5.0
LOGGED_WITHIN_S = 1.5
GRACE_S = 2.5
ROUNDS, EACH_KIND, VALID = 3, 3, 24
SESSIONS = 4

SILENCE = """

_find = Session.find


async def find(self: Session, header: bytes) -> Backend:
    backend = await _find(self, header)
    if (backend.region, backend.shard) == {backend!r}:
        await asyncio.sleep(60.0)
    return backend


Session.find = find
"""


class Service:
    """One replica with the answer, and what was planted into it."""

    def __init__(
        self, start_fleet: StartFleet, release: Release, rng: random.Random
    ) -> None:
        planted, self.bugs = plant(release, rng, BUGS)
        sound = [b for b in BACKENDS if b not in self.bugs.values()]
        self.silent = rng.choice(sound)
        self.sound: list[Backend] = [b for b in sound if b != self.silent]
        code = SILENCE.format(backend=self.silent)
        self.rng = rng
        self.fleet: Fleet = start_fleet(planted.extended("directory.py", code))

    def order(self) -> tuple[bytes, Backend]:
        """A valid order in one of the spellings, and the backend that it is for."""
        while True:
            route, region, shard = well_formed_route(self.rng)
            if (region, shard) in self.sound:
                order_id = f"{self.rng.getrandbits(40):x}"
                return put_order(self.rng, route, order_id), (region, shard)

    def ask(self, raws: Sequence[bytes], within_s: float) -> list[Response]:
        """The answers to `raws`, all sent at the same time."""
        return self.fleet.send_all(raws, within_s)

    def ask_valid(self, count: int) -> list[Response]:
        """The answers to valid orders that were wrong, of `count` at the same time."""
        orders = [self.order() for _ in range(count)]
        answers = self.ask([raw for raw, _ in orders], ANSWERED_WITHIN_S)
        return [
            answer
            for answer, (_, backend) in zip(answers, orders, strict=True)
            if not is_from(answer, backend)
        ]

    def metric(self, name: str) -> float:
        """A metric of the replica; NaN where it does not answer."""
        return metric(self.fleet, name, 2.0)

    def state(self) -> str:
        """How the replica is, in a few words: what an engineer would look at."""
        deaths = len(self.fleet.telemetry.exits())
        health = self.fleet.send(http_request(None, path="/healthz"), 2.0)
        open_now = self.metric("directory_sessions_open")
        return (
            stopped(self.fleet)
            or f"processes died: {deaths}; /healthz: {health};"
            f" sessions open: {open_now:.0f} of {SESSIONS}"
        )


@pytest.fixture(scope="module")
def running(
    start_fleet: StartFleet, release: Release, seeded: random.Random, job: Job
) -> Service:
    if "open_module()" in job.answers["Lookups"]:
        raise Unmet(
            sent="nothing yet.",
            saw="the cell of the module is as it was: it still calls open_module().",
            expected="the module that was deployed, mended.",
            look="Run that cell once, after you have had a look at the panel.",
        )
    return Service(start_fleet, release, seeded)


@pytest.fixture
def service(running: Service) -> Service:
    """The replica with a new process: no check has to bear what another has done."""
    running.fleet.restart()
    running.fleet.send(request_for(running.sound[0]), FIRST_WITHIN_S)
    return running


@check("Valid requests are served", points=1)
def test_valid_requests_are_served(service: Service) -> None:
    wrong = [answer for _ in range(2) for answer in service.ask_valid(VALID)]
    if wrong:
        raise Unmet(
            margin_s=0.6,
            sent=f"{2 * VALID} valid orders, and nothing else.",
            saw=f"{len(wrong)} wrong answers, such as: {wrong[0]}. {service.state()}.",
            expected="each served by its own backend.",
            look="which of the spellings that clients use you still take.",
        )


def refused(kind: str, answer: Response) -> bool:
    """Whether that is how a malformed request of `kind` ends."""
    # The directory asks other sites about a region that it does not know.
    slow = kind == "unknown region" and answer.status == 503
    return answer.outcome == "client_error" or slow


@check("A malformed header is the client's fault, every kind of it", points=1.5)
def test_malformed_headers_are_the_clients(service: Service) -> None:
    for kind in MALFORMED:
        raws = [malformed(service.rng, kind)[1] for _ in range(2)]
        for answer in service.ask(raws, ANSWERED_WITHIN_S):
            if not refused(kind, answer):
                raise Unmet(
                    sent=f"a malformed request: {kind}.",
                    saw=f"{answer}. {service.state()}.",
                    expected="400, as the service answers a BadRoute"
                    + (", or 503." if kind == "unknown region" else "."),
                    look="which exceptions resolve() raises on headers, and what"
                    " becomes of each of them in your module.",
                )


@check("The outage does not come back", points=3)
def test_the_outage_does_not_come_back(service: Service) -> None:
    asked = service.metric("directory_finds_total")
    sent = 0
    for number in range(1, ROUNDS + 1):
        bad = [
            malformed(service.rng, kind)[1]
            for kind in MALFORMED
            for _ in range(EACH_KIND)
        ]
        service.rng.shuffle(bad)
        storm = threading.Thread(target=service.ask, args=[bad, ANSWERED_WITHIN_S])
        storm.start()
        wrong = service.ask_valid(VALID)
        storm.join()
        wrong = wrong or service.ask_valid(VALID)
        sent += len(bad) + 2 * VALID
        if wrong:
            raise Unmet(
                margin_s=0.6,
                sent=f"round {number} of {ROUNDS}: {len(bad)} malformed requests of all"
                f" kinds, {VALID} valid ones at the same time, {VALID} after them.",
                saw=f"{len(wrong)} valid ones were not served, for instance:"
                f" {wrong[0]}. {service.state()}.",
                expected="all valid ones served, within two seconds.",
                look="what a malformed request leaves behind, or keeps from others.",
            )
    deaths = [exit_.exit_code for exit_ in service.fleet.telemetry.exits()]
    if deaths:
        raise Unmet(
            margin_s=0.6,
            sent="malformed requests of all kinds, again and again.",
            saw=f"the process ended {len(deaths)} times, with exit code {deaths[0]}.",
            expected="it to live.",
            look="what an exception, or an exit, does in the task that it ends.",
        )
    # Others may be in the middle of theirs.
    service.fleet.telemetry.wait(1.3)
    left, more = (
        service.metric("directory_sessions_open"),
        service.metric("directory_finds_total") - asked,
    )
    if left != 0:
        raise Unmet(
            margin_s=0.6,
            sent=f"{sent} requests, all of them answered by now.",
            saw=f"{left:.0f} of {SESSIONS} sessions are open.",
            expected="none.",
            look="the ways out of a look-up that do not close it.",
        )
    if not more <= 1.1 * sent + SESSIONS:
        raise Unmet(
            margin_s=0.6,
            sent=f"{sent} requests.",
            saw=f"the directory was asked {more:.0f} times.",
            expected="once for each, at most.",
            look="who tries again, what, and how often.",
        )


@check("A bug of ours stays one: 500, logged, and the next is served", points=1)
def test_a_bug_of_ours_stays_one(service: Service) -> None:
    for bug, backend in service.bugs.items():
        answer = service.fleet.send(request_for(backend), ANSWERED_WITHIN_S)
        if answer.outcome != "server_error":
            raise Unmet(
                margin_s=0.6,
                sent=f"a valid request for a backend whose routing raises {bug}.",
                saw=f"{answer}. {service.state()}.",
                expected="a 500.",
                look="whose fault such an exception is, and who is to hear of it.",
            )
        service.fleet.telemetry.wait_for(
            lambda _, bug=bug: traced(service.fleet, bug), LOGGED_WITHIN_S
        )
        if not traced(service.fleet, bug):
            raise Unmet(
                margin_s=0.6,
                sent=f"a valid request for a backend whose routing raises {bug}.",
                saw=f"{answer}, and no traceback of {bug} in the log.",
                expected="the traceback, once.",
                look="what your module makes of an exception before it passes it on.",
            )
    if wrong := service.ask_valid(VALID):
        raise Unmet(
            margin_s=0.6,
            sent=f"{VALID} valid orders, after {len(service.bugs)} bugs.",
            saw=f"{len(wrong)} were not served: {wrong[0]}. {service.state()}.",
            expected="all served.",
            look="what one failure does to other requests.",
        )


def traced(fleet: Fleet, name: str) -> bool:
    """Whether the log has a traceback that names the exception `name`."""
    return any(name in str(record.get("exception", "")) for record in logged(fleet))


@check("A directory that does not answer costs its own request a second", points=1)
def test_a_silent_directory_costs_its_own_request(service: Service) -> None:
    for _ in range(2):
        raws = [request_for(service.silent)] * (SESSIONS - 1)
        silent, valid = [], []

        def ask(raws: list[bytes] = raws, silent: list[Response] = silent) -> None:
            silent += service.ask(raws, ANSWERED_WITHIN_S)

        asking = threading.Thread(target=ask)
        asking.start()
        valid += service.ask_valid(VALID)
        asking.join()
        late = [answer for answer in silent if answer.outcome != "server_error"]
        if late or valid:
            saw = late or valid
            whose = "for such a backend" if late else "valid"
            raise Unmet(
                margin_s=0.6,
                sent=f"{len(raws)} requests for a backend about which {SILENT}, and"
                f" {VALID} valid ones.",
                saw=f"{len(saw)} of those {whose}: {saw[0]}. {service.state()}.",
                expected="503 after a second or so for the former, the others served.",
                look="what bounds a look-up, and whether anything refuses to be ended.",
            )
    service.fleet.telemetry.wait(0.5)
    if wrong := service.ask_valid(VALID):
        raise Unmet(
            margin_s=0.6,
            sent=f"{VALID} valid orders, a while after the directory did not answer.",
            saw=f"{len(wrong)} were not served: {wrong[0]}. {service.state()}.",
            expected="all served.",
            look="what a time-out leaves behind.",
        )


@check("It goes when it is told to", points=1)
def test_it_goes_when_it_is_told_to(service: Service) -> None:
    fleet = service.fleet
    raws = [request_for(service.silent)] * 2
    with ThreadPoolExecutor(len(raws)) as clients:
        for raw in raws:
            clients.submit(fleet.send, raw, GRACE_S)
        fleet.telemetry.wait(0.3)
        ended = fleet.stop_replica(0)
    if ended.killed or ended.exit_code != 0:
        how = (
            "it had to be killed"
            if ended.killed
            else f"it ended with exit code {ended.exit_code}"
        )
        raise Unmet(
            sent="SIGTERM, while two look-ups wait for the directory.",
            saw=f"{how}, after {ended.seconds:.1f} s.",
            expected="exit code 0, within its grace.",
            look="what a cancellation meets on its way.",
        )


FIELDS = ("summary", "impact", "timeline", "causes", "response", "actions")
WORDS = {"summary": 30, "impact": 10, "response": 20}
LINES = {"timeline": 5, "causes": 3, "actions": 3}
TIME = re.compile(r"(T[+−-]\d+:\d\d|\d\d:\d\d)\b")
ACTION = re.compile(r"[^|]{10,}\|[^|]*\w[^|]*\|\s*\d{4}-\d\d-\d\d\s*")


@check("The postmortem has all its fields", points=1.5)
def test_the_postmortem_is_complete(job: Job) -> None:
    told = fields(job.answers["Postmortem"])
    for name in FIELDS:
        text = told.get(name, "")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        words = len(text.split())
        if wanted := WORDS.get(name):
            if words < wanted:
                raise incomplete(name, f"{words} words.", f"at least {wanted}.")
        elif len(lines) < LINES[name]:
            saw = f"{len(lines)} lines."
            raise incomplete(name, saw, f"a line for each, at least {LINES[name]}.")
        if name == "impact" and not re.search(r"\d", text):
            raise incomplete(name, "no number.", "how many, how long.")
        if name == "timeline":
            for line in lines:
                if not TIME.match(line):
                    raise incomplete(name, f"“{line[:60]}”.", "its time in front.")
        if name == "actions":
            for line in lines:
                if not ACTION.fullmatch(line.removeprefix("- ")):
                    what = "what | owner | date, such as 2026-12-04."
                    raise incomplete(name, f"“{line[:80]}”.", what)


def incomplete(name: str, saw: str, expected: str) -> Unmet:
    """The field `name` is not there, or not as it was asked for."""
    return Unmet(
        sent=f"nothing; the field {name} was read.",
        saw=saw,
        expected=expected,
        look="what somebody who was not there would need it for.",
    )


def fields(source: str) -> dict[str, str]:
    """The fields of Postmortem that are text, read and not run. Raises Unmet."""
    try:
        classes = [
            node
            for node in ast.parse(source).body
            if isinstance(node, ast.ClassDef) and node.name == "Postmortem"
        ]
        assigned = [
            (target.id, ast.literal_eval(node.value))
            for node in classes[-1].body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
    except (SyntaxError, ValueError, IndexError, RecursionError, MemoryError) as exc:
        raise Unmet(
            sent="nothing; the cell of the postmortem was read.",
            saw=f"{type(exc).__name__}: {exc}",
            expected="the class Postmortem, its fields plain text.",
        ) from exc
    return {
        name: "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in assigned
    }
