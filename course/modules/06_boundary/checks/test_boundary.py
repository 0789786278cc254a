"""The boundary, seen from outside: each kind of failure, its response, its log lines.

One replica serves all checks. Its store and its resolve() have bugs planted in them,
which valid requests for a few backends meet.
"""

import builtins
import json
import random
import re
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.observe import (
    BACKENDS,
    NOT_THE_ANSWERS,
    SPELLINGS,
    Backend,
    has_traceback,
    is_from,
    logged,
    plant,
    request_for,
    route_to,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import as_curl, http_request
from course.outage.traffic.wire import Response
from course.service.routing import TOPOLOGY

ANSWER_WITHIN_S = 2.0
LOGGED_WITHIN_S = 1.0
TRY_OUT_PORT = 8000

# Exceptions that the planted bugs raise; headers raise the last two of the store's as
# well. In resolve() they are such as no header raises: an answer need not call it.
BUGS = ("RuntimeError", "KeyError", "ValueError")
BUGS_IN_RESOLVE = ("RuntimeError", "OSError")

PLANTED = """

import builtins

_latest = OrderStore.latest


async def latest(self: OrderStore, backend: Backend) -> list[Order]:
    if bug := {bugs!r}.get((backend.region, backend.shard)):
        try:
            raise LookupError("{secret}: postgres://orders:{secret}@10.0.0.7/orders")
        except LookupError as exc:
            raise getattr(builtins, bug)("{secret} in store.py") from exc
    return await _latest(self, backend)


OrderStore.latest = latest
"""

UNREADABLE = {
    "no X-Route header": None,
    "an empty header": b"",
    "a header in another encoding": b'{"region": "s\xe3o-paulo", "shard": 1}',
    "a header that is not JSON": b'{"region": "eu-west", "shard": ',
    "a header that is not an object": b'["eu-west", 3]',
    "a header without a shard": b'{"region": "eu-west"}',
    "a header without a region": b'{"shard": 3}',
    "a region that is not text": b'{"region": 7, "shard": 1}',
    "a region that is null": b'{"region": null, "shard": 1}',
    "a shard in words": b'{"region": "eu-west", "shard": "three"}',
    "a shard with a fraction, as text": b'{"region": "eu-west", "shard": "1.5"}',
    "a shard that is null": b'{"region": "eu-west", "shard": null}',
    "an infinite shard": b'{"region": "eu-west", "shard": 1e999}',
}

UNKNOWN = ("a shard that does not exist", "an unknown region")

# No answer finds these out without an exception, so there is one to name in the log.
CAUSES = {
    "a header in another encoding": "UnicodeDecodeError",
    "a header that is not JSON": "JSONDecodeError",
}

# What no body may hold: the names of exceptions, traces of Python and of files …
NAMES = [
    *(name for name in vars(builtins) if name.endswith("Error")),
    *("JSONDecodeError", "HTTPException", "RequestValidationError", "ValidationError"),
]
LEAKS = re.compile(
    rf"\b(?:{'|'.join(NAMES)})\b|Traceback|File \"|\.py\b|sqlite|postgres"
)
# … and, about a header, what the exceptions say that it raises.
TEXTS = re.compile(
    "codec can't|invalid (?:start|continuation) byte|unexpected end of|Expecting "
    "|Extra data|indices must be|has no attribute|invalid literal|cannot convert"
    r"|int\(\) argument|object is not"
)


def no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


@dataclass
class Sent:
    """One request: its kind, the statuses that are right for it, what came back."""

    kind: str
    raw: bytes
    statuses: tuple[int, ...]
    response: Response
    backend: Backend | None = None  # that a 200 is from, if it must tell

    @property
    def curl(self) -> str:
        return as_curl(self.raw, TRY_OUT_PORT)

    @property
    def request_id(self) -> str:
        return (self.response.headers or {}).get("x-request-id", "")

    @property
    def document(self) -> dict[str, Any] | None:
        """The body, if it is a JSON object."""
        try:
            body = json.loads(self.response.body, parse_constant=no_number)
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None


@dataclass
class Evidence:
    """All that was sent to the replica, which still runs."""

    fleet: Fleet
    sent: list[Sent]
    secret: str
    own_errors: set[str]

    @property
    def errors(self) -> list[Sent]:
        """What should have got an error response."""
        return [
            s for s in self.sent if s.response.status != 200 or 200 not in s.statuses
        ]

    def of(self, *kinds: str) -> list[Sent]:
        return [s for s in self.sent if s.kind in kinds]

    @property
    def bugs(self) -> list[Sent]:
        """Return the requests that have met a bug."""
        return [s for s in self.errors if s.kind.startswith("a bug")]

    def records(self, sent: Sent) -> list[dict[str, object]]:
        """The log's records of one request."""
        told = logged(self.fleet)
        return [r for r in told if sent.request_id == r.get("request_id") != ""]


def plant_in_store(release: Release, bugs: dict[Backend, str], secret: str) -> Release:
    """`release` with a store that raises for the backends in `bugs`."""
    return release.extended("store.py", PLANTED.format(bugs=bugs, secret=secret))


def raised_in(source: str) -> set[str]:
    """The names of several words that a module raises, such as UnknownBackend."""
    names = re.findall(r"^ *raise ([A-Z]\w+)", source, re.MULTILINE)
    return {name for name in names if re.search("[a-z][A-Z]", name)}


def body(route: bytes, text: bytes) -> bytes:
    return http_request(route, "PUT", "/orders/a1", text)


VALID_BODY = b'{"item": "tea", "quantity": 2}'
INVALID_TWICE = {
    "a body with NaN": b'{"item": "tea", "quantity": NaN}',
    "a body with an infinite number": b'{"item": "tea", "quantity": 1e999}',
    "a body with half a surrogate pair": b'{"item": "\\ud83d", "quantity": 1}',
}


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    planted, in_resolve = plant(release, seeded, BUGS_IN_RESOLVE)
    sound = [backend for backend in BACKENDS if backend not in in_resolve.values()]
    fine, *buggy = seeded.sample(sound, 1 + len(BUGS))
    bugs = dict(zip(buggy, BUGS, strict=True))
    secret = f"{seeded.getrandbits(64):016x}"
    fleet = start_fleet(plant_in_store(planted, bugs, secret))
    route = route_to(fine)
    region = fine[0]
    plan: list[tuple[str, tuple[int, ...], bytes]] = [
        ("a valid request", (200,), http_request(route)),
        *(
            ("a valid order", (200,), body(spell(seeded, *fine), VALID_BODY))
            for spell in SPELLINGS
        ),
        *(
            (UNKNOWN[0], (404,), request_for((region, shard)))
            for shard in (TOPOLOGY[region], 99, -1)
        ),
        (UNKNOWN[1], (404,), request_for(("mars", 1))),
        ("an order that does not exist", (404,), http_request(route, path="/orders/b")),
        ("an unknown path", (404,), http_request(route, path="/nothing")),
        ("a wrong method", (405,), http_request(route, "DELETE")),
        ("an invalid body", (422,), body(route, b'{"item": "", "quantity": 0}')),
        ("a body that is not JSON", (400, 422), body(route, b'{"item"')),
        ("a body that is not UTF-8", (400, 422), body(route, b'{"item": "caf\xe9"}')),
        *((kind, (422,), body(route, text)) for kind, text in INVALID_TWICE.items()),
    ]
    plan += [
        (kind, (400,), http_request(header)) for kind, header in UNREADABLE.items()
    ]
    for backend, bug in bugs.items():
        plan.append((f"a bug of the store: {bug}", (500,), request_for(backend)))
    for bug, backend in in_resolve.items():
        # 200 from those who do not call resolve().
        plan.append((f"a bug of resolve(): {bug}", (500, 200), request_for(backend)))

    def send(each: tuple[str, tuple[int, ...], bytes]) -> Sent:
        kind, statuses, raw = each
        backend = fine if kind == "a valid order" else None
        return Sent(kind, raw, statuses, fleet.send(raw, ANSWER_WITHIN_S), backend)

    # The first request takes longer; the others come in a drawn order.
    order = [0, *seeded.sample(range(1, len(plan)), len(plan) - 1)]
    sent = {number: send(plan[number]) for number in order}
    return Evidence(
        fleet,
        [sent[number] for number in sorted(sent)],
        secret,
        raised_in(release.source("boundary.py")),
    )


@check("Each failure has the status that says whose it is", points=2)
def test_each_failure_has_its_status(evidence: Evidence) -> None:
    for s in evidence.sent:
        if s.kind in INVALID_TWICE:
            continue
        if s.response.status not in s.statuses:
            why = stopped(evidence.fleet)
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response}{'; ' * bool(why)}{why}.",
                expected="500."
                if 500 in s.statuses
                else " or ".join(map(str, s.statuses)) + ".",
                look=look_at_status(s),
            )
        if s.backend and not is_from(s.response, s.backend):
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response} from another backend.",
                expected="{1} of {0}.".format(*s.backend),
            )
    [wrong_method] = evidence.of("a wrong method")
    allow = (wrong_method.response.headers or {}).get("allow")
    if allow != "GET":
        raise Unmet(
            sent=f"a wrong method:\n{wrong_method.curl}",
            saw=f"405 with the Allow header {allow!r}."
            if allow
            else "405 without an Allow header.",
            expected="the header that the framework's HTTPException carries.",
            look="what else an HTTPException has, besides status and detail.",
        )


def look_at_status(s: Sent) -> str:
    """Where to look if a request of this kind got another status."""
    if s.statuses == (200,):
        return "what your boundary does with valid requests."
    if 500 in s.statuses:
        return (
            "how wide your handlers are, and what stands in your try. A bug of ours is"
            " not a malformed header, even if it raises the same exception as one."
            if s.response.outcome == "client_error"
            else ""
        )
    if s.response.outcome == "ok":
        return "what a success tells the client, and everything between you and it."
    if s.kind in UNREADABLE and s.response.outcome == "server_error":
        return (
            "which exceptions the reading of a header can raise. Module 04 has a list."
        )
    if s.kind in (*UNREADABLE, *UNKNOWN) and s.response.outcome == "client_error":
        return "the difference between what cannot be read and what does not exist."
    if s.kind in UNKNOWN:
        return "what the look-up raises for a region or a shard that is not there."
    return "what happens to the exceptions that the framework raises."


@check("Every error is a problem document whose status is the response's", points=2)
def test_every_error_is_a_problem_document(evidence: Evidence) -> None:
    for s in evidence.errors:
        kind = (s.response.headers or {}).get("content-type", "(none)")
        document = s.document
        media_type = kind.partition(";")[0].strip().lower()
        if media_type != "application/problem+json" or document is None:
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response}, content type {kind}"
                f"{', a body that is not a JSON object' * (document is None)}.",
                expected="a JSON object of the type application/problem+json.",
                look="which kinds of failure still get somebody else's response, be it"
                " the framework's or the server's.",
            )
        status = document.get("status")
        if type(status) is not int or status != s.response.status:
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response}, and in the document the status {status!r:.80}.",
                expected="the same whole number in both places.",
                look="where your document gets its status from.",
            )
        if not all(
            isinstance(document.get(name), str) and document[name]
            for name in ("type", "title")
        ):
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"a document with {', '.join(document) or 'nothing in it'}.",
                expected="a type and a title, both text.",
                look="RFC 9457, section 3.1.",
            )


@check("A body that cannot even be echoed is a 422 like any other", points=1.5)
def test_invalid_bodies_do_not_fail_twice(evidence: Evidence) -> None:
    for s in evidence.of(*INVALID_TWICE):
        if s.response.status != 422:
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response}.",
                expected="422.",
                look="what your handler puts into the response. JSON cannot say"
                " everything that a refused body may hold. If it cannot, the error"
                " handler fails."
                if s.response.outcome == "server_error"
                else "",
            )


@check("Every response carries the request id that the log has", points=1.5)
def test_every_response_has_its_request_id(evidence: Evidence) -> None:
    for s in evidence.sent:
        if not s.request_id:
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response} without X-Request-ID.",
                expected="the header on every response, errors and the last 500"
                " included.",
                look="which layer is the outermost, and which one makes this response.",
            )
    evidence.fleet.telemetry.wait_for(
        lambda _: all(evidence.records(s) for s in evidence.sent), LOGGED_WITHIN_S
    )
    for s in evidence.sent:
        if not evidence.records(s):
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"the id {s.request_id}, and no line in the log with it.",
                expected="lines about this request with this request_id.",
                look="who binds the id to the log, and who puts it into the response."
                " It should be one and the same.",
            )
    if len({s.request_id for s in evidence.sent}) < len(evidence.sent):
        raise Unmet(
            sent=f"{len(evidence.sent)} requests.",
            saw="two with the same id.",
            expected="an id for each.",
        )


@check("No body says what only we may know", points=1)
def test_no_body_leaks(evidence: Evidence) -> None:
    if not any(s.document for s in evidence.errors):
        raise Unmet(
            sent="every kind of failure.",
            saw="no body that says anything.",
            expected="documents that say what the client needs, and no more.",
        )
    for s in evidence.errors:
        text = s.response.text
        # Escapes hide nothing from a client.
        text += json.dumps(s.document or {}, ensure_ascii=False)
        if found := leak_in(text, s, evidence):
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response} with “{found}” in its body.",
                expected="a body without traces of our code, files or data.",
                look="where the text of an exception goes. It was written for the"
                " people who read the log.",
            )


def leak_in(text: str, s: Sent, evidence: Evidence) -> str:
    """Return what a body holds and must not, or an empty string."""
    about_header = s.kind in UNREADABLE
    found = LEAKS.search(text) or (about_header and TEXTS.search(text))
    if found:
        return found[0]
    if evidence.secret in text:
        return evidence.secret
    words = set(re.findall(r"\w+", text))
    return next(iter(sorted(evidence.own_errors & words)), "")


@check("The log has one error for each bug, with its cause, and no others", points=2)
def test_the_log_says_it_once(evidence: Evidence) -> None:
    refused = evidence.of(*UNREADABLE, *UNKNOWN)
    evidence.fleet.telemetry.wait_for(
        lambda _: (
            all(errors_in(evidence.records(s)) for s in evidence.bugs)
            and all(own_lines(evidence.records(s)) for s in refused)
        ),
        LOGGED_WITHIN_S,
    )
    for s in evidence.bugs:
        require_one_error(s, errors_in(evidence.records(s)))
    for s in refused:
        require_a_line(s, evidence.records(s))
    nobodys = [r for r in logged(evidence.fleet) if not r.get("request_id")]
    if errors := errors_in(nobodys):
        raise Unmet(
            sent=f"{len(evidence.sent)} requests, {len(evidence.bugs)} of which met a"
            " bug.",
            saw="an error in the log without a request's id:"
            f" {errors[0]['event']!s:.80}.",
            expected="errors about bugs only, each with the id of its request.",
        )


def errors_in(records: list[dict[str, object]]) -> list[dict[str, object]]:
    return [r for r in records if r["level"] in {"error", "critical"}]


def own_lines(records: list[dict[str, object]]) -> list[dict[str, object]]:
    """The records that the answer has logged, and not the service around it."""
    return [r for r in records if r.get("logger") not in NOT_THE_ANSWERS]


def require_a_line(s: Sent, records: list[dict[str, object]]) -> None:
    """Raise Unmet unless the answer has logged a refused request, and as no error."""
    require_id(s)
    if errors := errors_in(records):
        raise Unmet(
            sent=f"{s.kind}:\n{s.curl}",
            saw=f"{s.response}, and in the log an error: {errors[0]['event']!s:.80}.",
            expected="a warning at most. Nobody should get up at night for a client's"
            " mistake.",
            look="who logs this request's failure, and at which level."
            if s.response.outcome == "client_error"
            else "",
        )
    cause = CAUSES.get(s.kind, "")
    own = own_lines(records)
    if not any(cause in json.dumps(r, default=str) for r in own):
        seen = ", ".join(f"{r['event']!s:.80}" for r in records) or "nothing"
        raise Unmet(
            sent=f"{s.kind}:\n{s.curl}",
            saw=f"in the log, with this request's id: {seen}."
            + f" None names the {cause}." * bool(cause and own),
            expected=f"a line of yours that names the {cause}, for whoever has to help"
            " that client."
            if cause
            else "a line of yours besides the service's own.",
            look="`raise … from exc` in find_backend, and `exc.__cause__` where you"
            " log."
            if own
            else "what your handler logs, and at which level.",
        )


def require_id(s: Sent) -> None:
    """Raise Unmet if the lines of a request cannot be found."""
    if not s.request_id:
        raise Unmet(
            sent=f"{s.kind}:\n{s.curl}",
            saw=f"{s.response} without X-Request-ID.",
            expected="the id by which its lines in the log can be found.",
        )


def require_one_error(s: Sent, errors: list[dict[str, object]]) -> None:
    """Raise Unmet unless there is one error, with a traceback down to the cause."""
    require_id(s)
    where, _, bug = s.kind.removeprefix("a bug of ").partition(": ")
    cause = ("LookupError",) if where == "the store" else ()
    sent = f"a valid request, to a service with a bug in {where}: {bug}"
    sent += ", raised from a LookupError." if cause else "."
    if len(errors) != 1:
        events = ", ".join(f"{error['event']!s:.80}".strip() for error in errors)
        raise Unmet(
            sent=sent,
            saw=f"{len(errors)} errors in the log with this request's id"
            f"{': ' * bool(events)}{events}.",
            expected="exactly one.",
            look="how many layers this exception passes through, and which of them log"
            " it."
            if errors
            else "",
        )
    if not has_traceback(errors[0], bug, *cause):
        has_one = has_traceback(errors[0], bug)
        raise Unmet(
            sent=sent,
            saw=f"an error without {'its cause' if has_one else 'its traceback'}.",
            expected="a traceback in which the bug and its cause can be read.",
            look="what is logged: the exception itself, or a text made from it.",
        )
