"""The boundary, seen from outside: each kind of failure, its response, its log lines.

One replica serves all checks. Its store has bugs planted in it, which valid requests
for a few backends meet.
"""

import json
import random
import re
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.observe import (
    BACKENDS,
    Backend,
    logged,
    request_for,
    route_to,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import MALFORMED, as_curl, http_request, malformed
from course.outage.traffic.wire import Response

ANSWER_WITHIN_S = 2.0
LOGGED_WITHIN_S = 1.0
TRY_OUT_PORT = 8000
SECRET = "hunter2"

# Exceptions that the planted bugs raise; the last two are also what headers raise.
BUGS = ("RuntimeError", "KeyError", "ValueError")

PLANTED = """

import builtins

_latest = OrderStore.latest


async def latest(self: OrderStore, backend: Backend) -> list[Order]:
    if bug := {bugs!r}.get((backend.region, backend.shard)):
        try:
            raise LookupError("replica lag: postgres://orders:{secret}@10.0.0.7/orders")
        except LookupError as exc:
            raise getattr(builtins, bug)("bug in store.py: {secret}") from exc
    return await _latest(self, backend)


OrderStore.latest = latest
"""

UNREADABLE = {kind for kind in MALFORMED if kind != "unknown region"}

# What no body may hold: traces of Python, of files, of the planted secret.
LEAKS = re.compile(
    rf"{SECRET}|Traceback|File \"|\.py\b|sqlite|postgres|[A-Z]\w+(Error|Exception)\b"
)


@dataclass
class Sent:
    """One request: its kind, the statuses that are right for it, what came back."""

    kind: str
    raw: bytes
    statuses: tuple[int, ...]
    response: Response

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
            body = json.loads(self.response.body)
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None


@dataclass
class Evidence:
    """All that was sent to the replica, which still runs."""

    fleet: Fleet
    sent: list[Sent]

    @property
    def errors(self) -> list[Sent]:
        """What should have got an error response."""
        return [s for s in self.sent if s.statuses != (200,)]

    def of(self, *kinds: str) -> list[Sent]:
        return [s for s in self.sent if s.kind in kinds]

    def records(self, sent: Sent) -> list[dict[str, object]]:
        """The log's records of one request."""
        told = logged(self.fleet)
        return [r for r in told if sent.request_id == r.get("request_id") != ""]


def plant_in_store(
    release: Release, bugs: dict[Backend, str], secret: str = SECRET
) -> Release:
    """`release` with a store that raises for the backends in `bugs`."""
    return release.extended("store.py", PLANTED.format(bugs=bugs, secret=secret))


def body(route: bytes, text: bytes) -> bytes:
    return http_request(route, "PUT", "/orders/a1", text)


INVALID_TWICE = {
    "a body with NaN": b'{"item": "tea", "quantity": NaN}',
    "a body with an infinite number": b'{"item": "tea", "quantity": 1e999}',
    "a body with half a surrogate pair": b'{"item": "\\ud83d", "quantity": 1}',
}


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    fine, *buggy = seeded.sample(BACKENDS, 1 + len(BUGS))
    bugs = dict(zip(buggy, BUGS, strict=True))
    fleet = start_fleet(plant_in_store(release, bugs))
    route = route_to(fine)
    plan: list[tuple[str, tuple[int, ...], bytes]] = [
        ("a valid request", (200,), http_request(route)),
        ("a valid order", (200,), body(route, b'{"item": "tea", "quantity": 2}')),
        (
            "a shard that does not exist",
            (404,),
            http_request(json.dumps({"region": fine[0], "shard": 99}).encode()),
        ),
        ("an order that does not exist", (404,), http_request(route, path="/orders/b")),
        ("an unknown path", (404,), http_request(route, path="/nothing")),
        ("a wrong method", (405,), http_request(route, "DELETE")),
        ("an invalid body", (422,), body(route, b'{"item": "", "quantity": 0}')),
        ("a body that is no JSON", (400, 422), body(route, b'{"item"')),
        ("no X-Route header", (400,), http_request(None)),
        *((kind, (422,), body(route, text)) for kind, text in INVALID_TWICE.items()),
    ]
    for kind in MALFORMED:
        status = 400 if kind in UNREADABLE else 404
        plan.append((kind, (status,), malformed(seeded, kind)[1]))
    for backend, bug in bugs.items():
        plan.append((f"a bug: {bug}", (500,), request_for(backend)))
    plan.append(("a valid request", (200,), http_request(route)))
    sent = [
        Sent(kind, raw, statuses, fleet.send(raw, ANSWER_WITHIN_S))
        for kind, statuses, raw in plan
    ]
    return Evidence(fleet, sent)


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
                expected=" or ".join(map(str, s.statuses)) + ".",
                look=look_at_status(s),
            )
    [wrong_method] = evidence.of("a wrong method")
    if "allow" not in (wrong_method.response.headers or {}):
        raise Unmet(
            sent=f"a wrong method:\n{wrong_method.curl}",
            saw="405 without an Allow header.",
            expected="the header that the framework's HTTPException carries along.",
            look="what else an HTTPException has, besides status and detail.",
        )


def look_at_status(s: Sent) -> str:
    """Where to look if a request of this kind got another status."""
    if s.statuses == (200,):
        return "what your boundary does with requests that are as they should be."
    if s.statuses == (500,):
        return (
            "how wide your handlers are. A KeyError in our own store is not a malformed"
            " header, though headers raise KeyErrors as well."
        )
    if s.kind in UNREADABLE or s.kind == "no X-Route header":
        return (
            "which exceptions the reading of a header can raise; module 04 has a list."
        )
    if s.statuses == (404,):
        return "the difference between what cannot be read and what does not exist."
    return "which of the framework's own exceptions has no handler of yours."


@check("Every error is a problem document whose status is the response's", points=2)
def test_every_error_is_a_problem_document(evidence: Evidence) -> None:
    for s in evidence.errors:
        kind = (s.response.headers or {}).get("content-type", "(none)")
        document = s.document
        if not kind.startswith("application/problem+json") or document is None:
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response}, content type {kind}.",
                expected="a JSON object of the type application/problem+json.",
                look="which kinds of failure still get somebody else's response: the"
                " framework's, or the server's.",
            )
        if document.get("status") != s.response.status:
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response}, and in the document the status"
                f" {document.get('status')!r}.",
                expected="the same number in both places.",
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
                look="what your handler puts into the response. The input that was"
                " refused may be something that JSON cannot say, and then the error"
                " handler fails.",
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
                look="who binds the id to the log, and who puts it into the response:"
                " it should be one and the same.",
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
        if found := LEAKS.search(text) or LEAKS.search(json.dumps(s.document or {})):
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"{s.response} with “{found[0]}” in its body.",
                expected="a body without traces of our code, files or data.",
                look="where the text of an exception goes. It was written for whoever"
                " reads the log.",
            )


@check("The log has one error for each bug, with its cause, and none else", points=2)
def test_the_log_says_it_once(evidence: Evidence) -> None:
    bugs = evidence.of(*(f"a bug: {bug}" for bug in BUGS))
    evidence.fleet.telemetry.wait_for(
        lambda _: all(errors_in(evidence.records(s)) for s in bugs), LOGGED_WITHIN_S
    )
    for s in bugs:
        require_one_error(s, errors_in(evidence.records(s)))
    refused = evidence.of("no X-Route header", *MALFORMED)
    causes = {kind: exception for kind, (exception, _) in MALFORMED.items()}
    for s in refused:
        records = evidence.records(s)
        if errors := errors_in(records):
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"an entry of level error: {errors[0]['event']}.",
                expected="a warning at most. Nobody gets up at night for a client's"
                " mistake.",
                look="who logs this request's failure, and at which level.",
            )
        cause = causes.get(s.kind, "JSONDecodeError")
        if not any(cause in json.dumps(r, default=str) for r in records):
            seen = ", ".join(str(r["event"]) for r in records) or "nothing"
            raise Unmet(
                sent=f"{s.kind}:\n{s.curl}",
                saw=f"in the log, with this request's id: {seen}. None names the"
                f" {cause} that told.",
                expected="a line that names it, for whoever has to help that client.",
                look="`raise … from exc` in find_backend, and `exc.__cause__` where you"
                " log.",
            )


def errors_in(records: list[dict[str, object]]) -> list[dict[str, object]]:
    return [r for r in records if r["level"] in {"error", "critical"}]


def require_one_error(s: Sent, errors: list[dict[str, object]]) -> None:
    """Raise Unmet unless there is one error, with a traceback down to the cause."""
    bug = s.kind.removeprefix("a bug: ")
    if len(errors) != 1:
        events = ", ".join(str(error["event"]).strip() for error in errors)
        raise Unmet(
            sent=f"a valid request, to a service whose store has a bug: {bug}.",
            saw=f"{len(errors)} errors in the log with this request's id"
            f"{': ' * bool(events)}{events}.",
            expected="exactly one.",
            look="how many layers this exception passes through, and which of them log"
            " it.",
        )
    trace = str(errors[0].get("exception", ""))
    if bug not in trace or "LookupError" not in trace:
        raise Unmet(
            sent=f"a valid request, to a service whose store has a bug: {bug}, raised"
            " from a LookupError.",
            saw=f"an error without {'its cause' if bug in trace else 'a traceback'}.",
            expected="a traceback in which both can be read.",
            look="what is logged: the exception itself, or a text made from it.",
        )
