"""The mended module under all that any outage of the family could not stand.

One replica, its directory watched from outside. A few backends have bugs or a silence
planted in them, the same ones for all checks; which ones is drawn anew each time.
"""

import ast
import json
import math
import random
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

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
SLOW_S = 0.5
ANSWERED_WITHIN_S = 2.5
FIRST_WITHIN_S = 5.0
LOGGED_WITHIN_S = 1.5
STOPPED_AFTER_S = 2.5
ROUNDS, EACH_KIND, VALID = 3, 3, 24
SESSIONS = 4
PROBLEM = "application/problem+json"

# The directory is silent about one backend until it is asked about another, and slow
# about a third.
SILENCE = """

_find = Session.find
_awake = False


async def find(self: Session, header: bytes) -> Backend:
    global _awake
    backend = await _find(self, header)
    match backend.region, backend.shard:
        case {wakes!r}:
            _awake = True
        case {slow!r}:
            await asyncio.sleep({slow_s})
        case {silent!r} if not _awake:
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
        rng.shuffle(sound)
        self.silent, self.slow, self.wakes, *self.sound = sound
        code = SILENCE.format(
            silent=self.silent, slow=self.slow, slow_s=SLOW_S, wakes=self.wakes
        )
        self.rng = rng
        self.fleet: Fleet = start_fleet(planted.extended("directory.py", code))

    def order(self) -> tuple[bytes, Backend]:
        """A valid order in one of the spellings, and the backend that it is for."""
        while True:
            route, region, shard = well_formed_route(self.rng)
            if (region, shard) in self.sound:
                order_id = f"{self.rng.getrandbits(40):x}"
                return put_order(self.rng, route, order_id), (region, shard)

    def order_for(self, backend: Backend, **more: str) -> bytes:
        """A valid order for `backend`, with `more` fields in its header."""
        region, shard = backend
        route = json.dumps({"region": region, "shard": shard, **more}).encode()
        return put_order(self.rng, route, f"{self.rng.getrandbits(40):x}")

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
        return (
            stopped(self.fleet)
            or f"processes died: {deaths}; /healthz: {health};"
            f" sessions open: {self.open_sessions()} of {SESSIONS}"
        )

    def open_sessions(self) -> str:
        """How many sessions are open, in words."""
        number = self.metric("directory_sessions_open")
        return "unknown" if math.isnan(number) else f"{number:.0f}"

    def require_settled(self, asked: float, sent: int, what: str) -> None:
        """Raise Unmet unless all sessions are back, and nothing was asked twice.

        `asked` is how often the directory had been asked before `sent` requests.
        """
        for _ in range(8):  # others may be in the middle of theirs
            if self.open_sessions() == "0":
                break
            self.fleet.telemetry.wait(0.2)
        else:
            raise Unmet(
                margin_s=0.6,
                sent=f"{what}, all of them over by now.",
                saw=f"{self.open_sessions()} of {SESSIONS} sessions are open.",
                expected="none.",
                look="the ways out of a look-up that do not close it.",
            )
        more = self.metric("directory_finds_total") - asked
        if not more <= sent:
            raise Unmet(
                sent=f"{what}: {sent} requests.",
                saw=f"the directory was asked {more:.0f} times.",
                expected="at most once for each.",
                look="who tries again, what, and how often.",
            )


@pytest.fixture(scope="module")
def running(
    start_fleet: StartFleet, release: Release, seeded: random.Random, job: Job
) -> Service:
    if re.search(r"^open_module\(\)", job.answers["Lookups"], re.MULTILINE):
        raise Unmet(
            sent="nothing yet.",
            saw="the cell of the module is unchanged: it still calls open_module().",
            expected="the module that was deployed, fixed.",
            look="the panel first; then run that cell once.",
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
    backend = service.sound[0]
    raw = service.order_for(backend, client="4711")
    answer = service.fleet.send(raw, ANSWERED_WITHIN_S)
    if not is_from(answer, backend):
        raise Unmet(
            margin_s=0.6,
            sent='a valid order whose X-Route header has one more field, "client".',
            saw=f"{answer}. {service.state()}.",
            expected="it is served by its own backend.",
            look="what resolve() makes of it, and what your module makes of it.",
        )


def told(answer: Response, status: int) -> bool:
    """Whether that is a problem document with the status, as boundary.py makes them."""
    kind = (answer.headers or {}).get("content-type", "")
    return answer.status == status and kind.startswith(PROBLEM)


def margin_s(answer: Response) -> float:
    """By how much a machine may be late for a wrong answer to prove something.

    A time-out of the client or of the answer may be the machine's; no other is.
    """
    return 0.6 if answer.status in {None, 503} else math.inf


def described(answer: Response) -> str:
    """The answer, and of what type its body is."""
    kind = (answer.headers or {}).get("content-type", "")
    return f"{answer}, {kind[:60]}" if kind else f"{answer}"


@check("A malformed header is the client's fault, every kind of it", points=1.5)
def test_malformed_headers_are_the_clients(service: Service) -> None:
    for kind in MALFORMED:
        # The directory asks other sites about a region that it does not know.
        slow = kind == "unknown region"
        raws = [malformed(service.rng, kind)[1] for _ in range(2)]
        for answer in service.ask(raws, ANSWERED_WITHIN_S):
            if not told(answer, 400) and not (slow and told(answer, 503)):
                raise Unmet(
                    margin_s=margin_s(answer),
                    sent=f"a malformed request: {kind}.",
                    saw=f"{described(answer)}. {service.state()}.",
                    expected=f"400, {PROBLEM}, as the service answers a BadRoute"
                    + ("; or 503, as it answers a TimeoutError." if slow else "."),
                    look="which exceptions resolve() raises on headers, and what"
                    " your module does with each of them.",
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
            expected="it to stay alive.",
            look="what an exception, or an exit, does in the task that it ends.",
        )
    service.require_settled(asked, sent, "valid and malformed requests")


@check("A bug of ours stays ours: 500, logged, and the next is served", points=1)
def test_a_bug_of_ours_stays_one(service: Service) -> None:
    asked = service.metric("directory_finds_total")
    for bug, backend in service.bugs.items():
        answer = service.fleet.send(request_for(backend), ANSWERED_WITHIN_S)
        if answer.status != 500:
            raise Unmet(
                margin_s=margin_s(answer),
                sent=f"a valid request for a backend whose routing raises {bug}.",
                saw=f"{answer}. {service.state()}.",
                expected="a 500.",
                look="whose fault such an exception is, and who should hear about it.",
            )
        service.fleet.telemetry.wait_for(
            lambda _, bug=bug: traced(service.fleet, bug), LOGGED_WITHIN_S
        )
        if not traced(service.fleet, bug):
            raise Unmet(
                margin_s=0.6,
                sent=f"a valid request for a backend whose routing raises {bug}.",
                saw=f"{answer}, and no traceback of {bug} in the log.",
                expected="the traceback.",
                look="what your module does to an exception before it passes it on.",
            )
    if wrong := service.ask_valid(VALID):
        raise Unmet(
            margin_s=0.6,
            sent=f"{VALID} valid orders, after {len(service.bugs)} bugs.",
            saw=f"{len(wrong)} were not served: {wrong[0]}. {service.state()}.",
            expected="all served.",
            look="what one failure does to other requests.",
        )
    sent = len(service.bugs) + VALID
    service.require_settled(asked, sent, "valid requests, and some that meet a bug")


def traced(fleet: Fleet, name: str) -> bool:
    """Whether the log has a traceback that names the exception `name`."""
    return any(name in str(record.get("exception", "")) for record in logged(fleet))


@check("A directory that does not answer costs its own request a second", points=1)
def test_a_silent_directory_costs_its_own_request(service: Service) -> None:
    asked = service.metric("directory_finds_total")
    for _ in range(2):
        raws = [request_for(service.silent)] * (SESSIONS - 1)
        silent, valid = [], []

        def ask(raws: list[bytes] = raws, silent: list[Response] = silent) -> None:
            silent += service.ask(raws, ANSWERED_WITHIN_S)

        asking = threading.Thread(target=ask)
        asking.start()
        valid += service.ask_valid(VALID)
        asking.join()
        late = [answer for answer in silent if not told(answer, 503)]
        if late or valid:
            saw = late or valid
            whose = "for such a backend" if late else "valid"
            raise Unmet(
                margin_s=margin_s(saw[0]),
                sent=f"{len(raws)} requests for a backend about which {SILENT}, and"
                f" {VALID} valid ones.",
                saw=f"{len(saw)} of those {whose}: {described(saw[0])}."
                f" {service.state()}.",
                expected=f"503, {PROBLEM}, after about a second for the former; the"
                " others served.",
                look="what bounds a look-up, and whether anything refuses to be ended.",
            )
    began = service.fleet.telemetry.now
    slow = service.fleet.send(service.order_for(service.slow), ANSWERED_WITHIN_S)
    took_s = service.fleet.telemetry.now - began
    if not is_from(slow, service.slow):
        raise Unmet(
            # An answer that came before the directory's is nothing that a busy
            # machine brings about.
            margin_s=math.inf if took_s < SLOW_S else 0.3,
            sent=f"a request for a backend about which the directory takes {SLOW_S} s.",
            saw=f"{described(slow)}. {service.state()}.",
            expected="it is served, because that is less than a second.",
            look="how long a look-up may take, and whom it may wait for.",
        )
    if wrong := service.ask_valid(VALID):
        raise Unmet(
            margin_s=0.6,
            sent=f"{VALID} valid orders, a while after the directory did not answer.",
            saw=f"{len(wrong)} were not served: {wrong[0]}. {service.state()}.",
            expected="all served.",
            look="what a time-out leaves behind.",
        )
    service.fleet.send(request_for(service.wakes), ANSWERED_WITHIN_S)
    # The header is the same as before, to the byte.
    before = service.metric("directory_finds_total")
    awake = service.fleet.send(request_for(service.silent), ANSWERED_WITHIN_S)
    if awake.status != 200:
        was_asked = service.metric("directory_finds_total") > before
        raise Unmet(
            margin_s=0.6 if was_asked else math.inf,
            sent="such a request once more, now that the directory answers again.",
            saw=f"{described(awake)}. {service.state()}.",
            expected="it is served.",
            look="what your module remembers of a failure, and for how long.",
        )
    sent = 2 * (SESSIONS - 1 + VALID) + VALID + 3
    service.require_settled(asked, sent, f"requests, about some of which {SILENT}")


@check("It stops when it is told to", points=1)
def test_it_goes_when_it_is_told_to(service: Service) -> None:
    fleet = service.fleet
    raws = [request_for(service.silent)] * 2
    with ThreadPoolExecutor(len(raws)) as clients:
        for raw in raws:
            clients.submit(fleet.send, raw, STOPPED_AFTER_S)
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
SUMMARY_WORDS = 30
LINES = {"timeline": 5, "causes": 3, "actions": 3}
BULLET = re.compile(r"([-*•–]|\d{1,2}[.)])\s+")
# T+02:10 or 14:02, and what happened.
TIMED = re.compile(r"(T[+−-]\d+:[0-5]\d|([01]?\d|2[0-4]):[0-5]\d)(?!\d)[\d:]*\W*\w.*")
ACTION = re.compile(r"[^|]*\w[^|]*\|[^|]*\w[^|]*\|\s*(\d{4}-\d\d-\d\d)\W*")


@check("The postmortem has all its fields", points=1.5)
def test_the_postmortem_is_complete(job: Job) -> None:
    told = fields(job.answers["Postmortem"])
    for name in FIELDS:
        lines = [BULLET.sub("", line, count=1) for line in told[name]]
        words = sum(len(line.split()) for line in lines)
        if not words:
            raise incomplete(name, "it is empty.", "what the task says about it.")
        if name == "summary" and words < SUMMARY_WORDS:
            raise incomplete(name, f"{words} words.", f"at least {SUMMARY_WORDS}.")
        if len(lines) < LINES.get(name, 1):
            saw = f"{len(lines)} lines."
            raise incomplete(name, saw, f"a line for each, at least {LINES[name]}.")
        if name == "impact" and not any(re.search(r"\d", line) for line in lines):
            raise incomplete(name, "no number.", "how many, how long, in digits.")
        for line in lines:
            if name == "timeline" and not TIMED.fullmatch(line):
                what = "its time in front, such as T+02:10 or 14:02, then the event."
                raise incomplete(name, f"“{line[:200]}”.", what)
            if name == "actions" and not is_action(line):
                what = "what | owner | date, such as 2026-12-04."
                raise incomplete(name, f"“{line[:200]}”.", what)


def is_action(line: str) -> bool:
    """Whether the line says what is to be done, by whom, and until which day."""
    found = ACTION.fullmatch(line)
    try:
        return bool(found and date.fromisoformat(found[1]))
    except ValueError:
        return False


def incomplete(name: str, saw: str, expected: str) -> Unmet:
    """The field `name` is not there, or not as it was asked for."""
    return Unmet(
        sent=f"nothing; the field {name} was read.",
        saw=saw,
        expected=expected,
        look="what somebody who was not there would need it for.",
    )


def fields(source: str) -> dict[str, list[str]]:
    """The lines of each field of Postmortem, read and not run. Raises Unmet."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        raise unreadable(f"{type(exc).__name__}: {exc}.") from exc
    classes = [
        node
        for node in body
        if isinstance(node, ast.ClassDef) and node.name == "Postmortem"
    ]
    if not classes:
        raise unreadable("no class Postmortem.")
    values: dict[str, ast.expr] = {}
    for node in classes[-1].body:
        match node:
            case ast.Assign(targets=targets, value=value):
                values |= {t.id: value for t in targets if isinstance(t, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                values[name] = value
    return {name: text_of(name, values.get(name)) for name in FIELDS}


def text_of(name: str, expression: ast.expr | None) -> list[str]:
    """The lines of a field, without those that are empty. Raises Unmet."""
    if expression is None:
        raise incomplete(name, "there is no such field.", "the six fields, as text.")
    try:
        value = ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as exc:
        saw = f"you have to run the field {name} to know what it says."
        raise unreadable(saw) from exc
    parts = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise unreadable(f"the field {name} is neither text nor a list of lines.")
    lines = [line.strip() for part in parts for line in part.splitlines()]
    return [line for line in lines if line]


def unreadable(saw: str) -> Unmet:
    """The cell does not hold the fields as text."""
    return Unmet(
        sent="nothing; the cell of the postmortem was read.",
        saw=saw,
        expected="the class Postmortem, its fields plain text.",
    )
