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
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import http_request
from course.outage.traffic.wire import Response
from course.service.routing import TOPOLOGY

AT_ONCE = 6
MEMBERS = ("type", "title")
LEAKS = ("Traceback", "Errno", "OSError", "cannot use")
NO_SHARDS: tuple[object, ...] = (None, [], {}, "1.5", "0x2", "")
NO_REGIONS: tuple[object, ...] = (None, 7, True, [], {})
BUGS = ("TypeError", "AttributeError", "OSError")
BUGS_IN_RESOLVE = ("EOFError", "RegistryGone")

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
    backend: Backend | None = None  # that a 200 is from, if it must tell

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
            headers.get("content-type", "").partition(";")[0].strip().lower()
            == "application/problem+json"
            and isinstance(document, dict)
            and type(document.get("status")) is int
            and document["status"] == self.response.status
            and all(document.get(n) and isinstance(document[n], str) for n in MEMBERS)
        )


@dataclass
class Evidence:
    """All that was sent to the replica, which still runs."""

    fleet: Fleet
    sent: list[Sent]
    secrets: tuple[str, str]

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
        *(
            json.dumps({"region": region, "shard": value}).encode()
            for value in NO_SHARDS
        ),
        *(
            json.dumps({"region": value, "shard": shard}).encode()
            for value in NO_REGIONS
        ),
        b'{"region": "eu-west", "shard": 1e999}',
        b'{"region": "eu-west", "shard": NaN}',
    ]
    unknown = [
        json.dumps({"region": word(rng), "shard": shard}).encode(),
        json.dumps({"region": region, "shard": rng.randint(8, 10**9)}).encode(),
        *(
            route_to((name, number))
            for name, count in TOPOLOGY.items()
            for number in (count, -1)
        ),
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
        ("framework", (400, 422), http_request(valid, "PUT", path, b'"\xff"')),
        *(("valid", (200,), http_request(valid)) for _ in range(5)),
    ]
    rng.shuffle(made)
    return made


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    planted, in_resolve = plant(release, seeded, BUGS_IN_RESOLVE)
    sound = [backend for backend in BACKENDS if backend not in in_resolve.values()]
    fine, *buggy = seeded.sample(sound, 1 + len(BUGS))
    bugs = dict(zip(buggy, BUGS, strict=True))
    secret, file = (
        word(seeded) + word(seeded),
        f"/srv/{word(seeded)}/{word(seeded)}.pem",
    )
    code = PLANTED.format(bugs=bugs, secret=secret, file=file)
    fleet = start_fleet(planted.extended("store.py", code))

    planned = plan(seeded, route_to(fine))
    planned += [("bug", (500,), request_for(backend)) for backend in buggy]
    # 200 from those who do not call resolve().
    planned += [
        ("resolve", (500, 200), request_for(backend)) for backend in in_resolve.values()
    ]
    order = b'{"item": "tea", "quantity": 1}'
    planned += [
        ("order", (200,), http_request(spell(seeded, *fine), "PUT", "/orders/o", order))
        for spell in SPELLINGS
    ]
    seeded.shuffle(planned)

    def send(each: tuple[str, tuple[int, ...], bytes]) -> Sent:
        what, statuses, raw = each
        backend = fine if what == "order" else None
        return Sent(what, statuses, fleet.send(raw, 3.0), backend)

    with ThreadPoolExecutor(AT_ONCE) as clients:
        return Evidence(fleet, list(clients.map(send, planned)), (secret, file))


@guards(
    "test_each_failure_has_its_status",
    sent="other requests of the same kinds, and other bugs, from several clients at"
    " once.",
    saw="some did not have the right status.",
    expected="400 for what cannot be read, 404 for what does not exist, 422 for"
    " invalid bodies, 500 for our bugs, 200 for the rest.",
    look="whether your handlers go by the failure, or by the examples.",
)
def test_other_failures_have_their_status(evidence: Evidence) -> None:
    rest = [s for s in evidence.sent if s.what != "twice"]
    require(all(s.response.status in s.statuses for s in rest))
    require(all(s.backend is None or is_from(s.response, s.backend) for s in rest))


@guards(
    "test_every_error_is_a_problem_document",
    sent="other failing requests, from several clients at once.",
    saw="some answer was not a problem document with the status of its response.",
    expected="application/problem+json for every error.",
    look="the kinds of failure that have no handler of yours.",
)
def test_other_errors_are_problem_documents(evidence: Evidence) -> None:
    fine = {"valid", "order", "twice"}
    errors = [
        s for s in evidence.sent if s.what not in fine and s.response.status != 200
    ]
    require(all(s.is_problem for s in errors))


@guards(
    "test_invalid_bodies_do_not_fail_twice",
    sent="other bodies that hold what JSON cannot say.",
    saw="some of them were not a 422.",
    expected="422, whatever the input was.",
    look="every part of the input, or of what was made from it, that your response"
    " repeats.",
)
def test_other_bodies_do_not_fail_twice(evidence: Evidence) -> None:
    require(all(s.response.status == 422 for s in evidence.of("twice")))


@guards(
    "test_every_response_has_its_request_id",
    sent="requests from several clients at once.",
    saw="some response did not have an id of its own that the log has too.",
    expected="one id for each request, in both places, however many are under way.",
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
    bodies = "".join(s.response.text for s in evidence.sent if s.what != "order")
    leaks = (*evidence.secrets, *LEAKS)
    require(not any(leak in bodies for leak in leaks))


@guards(
    "test_the_log_says_it_once",
    sent="other refused requests and other bugs, from several clients at once.",
    saw="more or fewer errors in the log than bugs met, or one without its cause.",
    expected="one error with a traceback and its cause for each bug, and none for what"
    " clients do wrong.",
    look="who logs, and on which path nobody does.",
)
def test_other_failures_are_logged_once(evidence: Evidence) -> None:
    refused = {s.request_id for s in evidence.of("refused")}
    bugs = [s.request_id for s in evidence.of("bug")]
    more = [s for s in evidence.of("resolve") if s.response.status != 200]

    def errors() -> list[dict[str, object]]:
        levels = {"error", "critical"}
        return [r for r in logged(evidence.fleet) if r["level"] in levels]

    evidence.fleet.telemetry.wait_for(lambda _: len(errors()) >= len(bugs), 1.0)
    found = [r.get("request_id") for r in errors()]
    require(not refused & set(found))
    require(all(found.count(bug) == 1 for bug in bugs))
    require(all(found.count(s.request_id) == 1 for s in more))
    told = [r for r in errors() if r.get("request_id") in bugs]
    require(all(has_traceback(record, "FileNotFoundError") for record in told))
    own = [r for r in logged(evidence.fleet) if r.get("logger") not in NOT_THE_ANSWERS]
    require(refused <= {r.get("request_id") for r in own})
