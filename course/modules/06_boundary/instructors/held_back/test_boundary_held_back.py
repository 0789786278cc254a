"""The same promises with other requests, other bugs, from many clients at once.

Nothing here may reach a learner: see course/modules/README.md.
"""

import json
import random
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from autograder.instruments.expect import guards, require
from autograder.instruments.observe import BACKENDS, logged, request_for, route_to
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import http_request
from course.outage.traffic.wire import Response

AT_ONCE = 6
SECRETS = ("s3cr3t-7c1", "/srv/keys/prod.pem")
BUGS = ("TypeError", "AttributeError", "OSError")

PLANTED = """

import builtins

_latest = OrderStore.latest


async def latest(self: OrderStore, backend: Backend) -> list[Order]:
    if bug := {bugs!r}.get((backend.region, backend.shard)):
        try:
            open("{file}")
        except OSError as exc:
            raise getattr(builtins, bug)("cannot use {secret}") from exc
    return await _latest(self, backend)


OrderStore.latest = latest
"""


@dataclass
class Sent:
    """What was sent, the statuses that are right for it, what came back."""

    what: str
    statuses: tuple[int, ...]
    response: Response

    @property
    def request_id(self) -> str:
        return (self.response.headers or {}).get("x-request-id", "")

    @property
    def is_problem(self) -> bool:
        """Whether it is a problem document with the response's own status."""
        headers = self.response.headers or {}
        try:
            document = json.loads(self.response.body)
        except (ValueError, RecursionError):
            return False
        return (
            headers.get("content-type", "").startswith("application/problem+json")
            and isinstance(document, dict)
            and document.get("status") == self.response.status
        )


@dataclass
class Evidence:
    """All that was sent to the replica, which still runs."""

    fleet: Fleet
    sent: list[Sent]

    def of(self, what: str) -> list[Sent]:
        return [s for s in self.sent if s.what == what]


def word(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 9)))


def plan(rng: random.Random, valid: bytes) -> list[tuple[str, tuple[int, ...], bytes]]:
    """Requests of every kind, with the statuses that are right for each."""
    region, shard = rng.choice(BACKENDS)
    unreadable = [
        b"",
        word(rng).encode(),
        b'{"region": "\xe9"}',
        b"null",
        b"[]",
        b"7",
        json.dumps({"region": region}).encode(),
        json.dumps({"region": region, "shard": word(rng)}).encode(),
        json.dumps({"region": region, "shard": None}).encode(),
        json.dumps({"region": None, "shard": shard}).encode(),
        json.dumps({"region": {}, "shard": shard}).encode(),
        b'{"region": "eu-west", "shard": 1e999}',
        b'{"region": "eu-west", "shard": NaN}',
    ]
    unknown = [
        json.dumps({"region": word(rng), "shard": shard}).encode(),
        json.dumps({"region": region, "shard": rng.randint(8, 10**9)}).encode(),
        json.dumps({"region": region, "shard": -1}).encode(),
    ]
    invalid = [b"{}", b"[]", b'{"item": "x"}', b'{"item": 1, "quantity": 2}']
    twice = [
        b'{"item": "tea", "quantity": -Infinity}',
        b'{"item": NaN, "quantity": 1}',
        b'{"item": "tea", "quantity": [1e999]}',
        b'{"item": "' + word(rng).encode() + b'\\udc00", "quantity": 3}',
    ]
    path = f"/orders/{word(rng)}"
    made: list[tuple[str, tuple[int, ...], bytes]] = [
        *(("refused", (400,), http_request(route)) for route in unreadable),
        *(("refused", (404,), http_request(route)) for route in unknown),
        *(("invalid", (422,), http_request(valid, "PUT", path, b)) for b in invalid),
        *(("twice", (422,), http_request(valid, "PUT", path, b)) for b in twice),
        ("framework", (404,), http_request(valid, path=f"/{word(rng)}")),
        ("framework", (405,), http_request(valid, "POST", path)),
        *(("valid", (200,), http_request(valid)) for _ in range(10)),
    ]
    rng.shuffle(made)
    return made


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    fine, *buggy = seeded.sample(BACKENDS, 1 + len(BUGS))
    bugs = dict(zip(buggy, BUGS, strict=True))
    secret, file = SECRETS
    code = PLANTED.format(bugs=bugs, secret=secret, file=file)
    fleet = start_fleet(release.extended("store.py", code))

    planned = plan(seeded, route_to(fine))
    planned += [("bug", (500,), request_for(backend)) for backend in buggy]

    def send(each: tuple[str, tuple[int, ...], bytes]) -> Sent:
        what, statuses, raw = each
        return Sent(what, statuses, fleet.send(raw, 3.0))

    with ThreadPoolExecutor(AT_ONCE) as clients:
        return Evidence(fleet, list(clients.map(send, planned)))


@guards(
    "test_each_failure_has_its_status",
    sent="other requests of the same kinds, and other bugs, from several clients at"
    " once.",
    saw="not each had the status that is right for it.",
    expected="400 for what cannot be read, 404 for what does not exist, 422 for"
    " invalid bodies, 500 for our bugs, 200 for the rest.",
    look="whether your handlers go by the failure, or by the examples.",
)
def test_other_failures_have_their_status(evidence: Evidence) -> None:
    rest = [s for s in evidence.sent if s.what != "twice"]
    require(all(s.response.status in s.statuses for s in rest))


@guards(
    "test_every_error_is_a_problem_document",
    sent="other failing requests, from several clients at once.",
    saw="not each answer was a problem document with the status of its response.",
    expected="application/problem+json for every error.",
    look="the kinds of failure that have no handler of yours.",
)
def test_other_errors_are_problem_documents(evidence: Evidence) -> None:
    errors = [s for s in evidence.sent if s.what not in {"valid", "twice"}]
    require(all(s.is_problem for s in errors))


@guards(
    "test_invalid_bodies_do_not_fail_twice",
    sent="other bodies with what JSON cannot say.",
    saw="not each was a 422.",
    expected="422, whatever the input was.",
    look="every part of the input, or of what was made from it, that your response"
    " repeats.",
)
def test_other_bodies_do_not_fail_twice(evidence: Evidence) -> None:
    require(all(s.response.status == 422 for s in evidence.of("twice")))


@guards(
    "test_every_response_has_its_request_id",
    sent="requests from several clients at once.",
    saw="not every response had an id of its own that the log has too.",
    expected="one id a request, in both places, however many are under way.",
    look="where the id is kept while the request waits for something.",
)
def test_ids_of_many_at_once(evidence: Evidence) -> None:
    ids = [s.request_id for s in evidence.sent]
    require(all(ids))
    require(len(set(ids)) == len(ids))
    seen = evidence.fleet.telemetry.wait_for(
        lambda _: set(ids) <= {r.get("request_id") for r in logged(evidence.fleet)}, 1.0
    )
    require(seen)


@guards(
    "test_no_body_leaks",
    sent="requests that meet other bugs.",
    saw="something in a body that was never meant for clients.",
    expected="bodies in which none of it can be found.",
    look="every place where an exception becomes text.",
)
def test_other_secrets_do_not_leak(evidence: Evidence) -> None:
    bodies = "".join(s.response.text for s in evidence.sent)
    leaks = (*SECRETS, "Traceback", "Errno", "OSError", "cannot use")
    require(not any(leak in bodies for leak in leaks))


@guards(
    "test_the_log_says_it_once",
    sent="other refused requests and other bugs, from several clients at once.",
    saw="another number of errors in the log than bugs met, or one without its cause.",
    expected="one error with a traceback and its cause for each bug, and none for what"
    " clients do wrong.",
    look="who logs, and on which path nobody does.",
)
def test_other_failures_are_logged_once(evidence: Evidence) -> None:
    refused = {s.request_id for s in evidence.sent if s.what == "refused"}
    bugs = [s.request_id for s in evidence.of("bug")]

    def errors() -> list[dict[str, object]]:
        levels = {"error", "critical"}
        return [r for r in logged(evidence.fleet) if r["level"] in levels]

    evidence.fleet.telemetry.wait_for(lambda _: len(errors()) >= len(bugs), 1.0)
    found = [r.get("request_id") for r in errors()]
    require(not refused & set(found))
    require(all(found.count(bug) == 1 for bug in bugs))
    traces = [str(r.get("exception", "")) for r in errors() if r["request_id"] in bugs]
    require(all("FileNotFoundError" in trace for trace in traces))
