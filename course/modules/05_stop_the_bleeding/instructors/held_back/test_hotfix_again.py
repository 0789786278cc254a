"""The same promises with other requests, from many clients at once.

Nothing here may reach a learner: see course/modules/README.md.
"""

import json
import random
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from autograder.instruments.expect import guards, require
from autograder.instruments.observe import (
    BACKENDS,
    DYING_WITHIN_S,
    LOGGED_WITHIN_S,
    READY_WITHIN_S,
    SPELLINGS,
    Backend,
    Patience,
    answers_lines,
    has_traceback,
    is_from,
    logged,
    mark,
    outlives,
    plain_request,
    plant,
    request_for,
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import put_order
from course.outage.traffic.wire import Response
from course.service.routing import TOPOLOGY

AT_ONCE = 6
VALID = 63
ANSWER_WITHIN_S = 3.0
ENOUGH_DEATHS = 2

# None is a LookupError, ArithmeticError, ValueError, TypeError or AttributeError: it is
# right to take those for malformed headers. The planted code makes RegistryGone.
BUGS = ("EOFError", "RegistryGone", "NotImplementedError", "BufferError")

AGENTS = ("curl/8.9.1", "python-requests/2.32.3", "Go-http-client/1.1", "okhttp/4.12.0")


def word(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9)))


def region(rng: random.Random) -> str:
    return rng.choice(sorted(TOPOLOGY))


def route(rng: random.Random, **fields: object) -> bytes:
    shuffled = list(fields.items())
    rng.shuffle(shuffled)
    return json.dumps(dict(shuffled)).encode()


def bad_bytes(rng: random.Random) -> bytes:
    good = bytearray(route(rng, region=region(rng), shard=1))
    good[rng.randrange(2, 6)] = rng.choice([0x80, 0xA9, 0xC3, 0xE2, 0xF0, 0xFE, 0xFF])
    return bytes(good)


def cut_off(rng: random.Random) -> bytes:
    good = route(rng, region=region(rng), shard=2)
    return good[: rng.randrange(1, len(good))]


def other_syntax(rng: random.Random) -> bytes:
    name, n = region(rng), rng.randrange(4)
    forms = [
        f"{{'region': '{name}', 'shard': {n}}}",
        f'{{"region": "{name}", "shard": {n},}}',
        f"<route region='{name}' shard='{n}'/>",
        f"{name}:{n}",
        word(rng),
    ]
    return rng.choice(forms).encode()


NO_SHARDS: tuple[object, ...] = (
    *(-1, 10**18, "8", "-1", "1.5", "0x2", None, [], {}, [1], float("nan")),
)
NO_REGIONS: tuple[object, ...] = (None, 7.5, [], {}, False, True)

Make = Callable[[random.Random], bytes]


def one_past(name: str) -> Make:
    return lambda rng: route(rng, region=name, shard=TOPOLOGY[name])


def with_shard(shard: object) -> Make:
    return lambda rng: route(rng, region=region(rng), shard=shard)


def with_region(name: object) -> Make:
    return lambda rng: route(rng, region=name, shard=1)


def no_object(value: object) -> Make:
    return lambda rng: json.dumps(value).encode()


# Raise what malformed headers of the visible checks raise: they must get a 4xx.
MALFORMED: tuple[Make, ...] = (
    bad_bytes,
    cut_off,
    other_syntax,
    lambda rng: route(rng, region=word(rng), shard=rng.randrange(8)),
    lambda rng: route(rng, region=f"{region(rng)} ", shard=rng.randrange(8)),
    lambda rng: route(rng, region=f"{word(rng)}\ud800\x00", shard=1),
    *(one_past(name) for name in TOPOLOGY),
    *(with_shard(shard) for shard in NO_SHARDS),
    lambda rng: route(rng, region=region(rng), shard=word(rng)),
    lambda rng: route(rng, shard=rng.randrange(8)),
    lambda rng: route(rng, region=region(rng)),
    lambda rng: route(rng, **{word(rng): region(rng), "shard": 1}),
    *(with_region(name) for name in NO_REGIONS),
    *(no_object(value) for value in (None, True, 12, 0.5, "eu-west", [], ["region"])),
    lambda rng: b"",
)

# Raise what nobody need have thought of: there is an answer, and the process lives.
EXTREME: tuple[Make, ...] = (
    lambda rng: b"[" * rng.randint(5_000, 20_000),
    lambda rng: b'{"region":' * 3_000,
    lambda rng: route(rng, region=region(rng), shard=float("inf")),
    lambda rng: b'{"region": "eu-west", "shard": %s}' % (b"9" * 6_000),
)


@dataclass
class Sent:
    """One request: what it is, what was expected, what came back."""

    what: str
    backend: Backend | None
    response: Response


def as_client(rng: random.Random, header: bytes | None, raw: bytes = b"") -> bytes:
    """A request as some client or other would send it: GET, or as `raw` has it."""
    first = b"GET /orders HTTP/1.1"
    body = b""
    if raw:
        head, _, body = raw.partition(b"\r\n\r\n")
        first = head.split(b"\r\n")[0]
    headers = [
        b"Host: " + f"{word(rng)}.example.com".encode(),
        b"User-Agent: " + rng.choice(AGENTS).encode(),
        b"Accept: */*",
        b"Content-Length: %d" % len(body),
    ]
    if body:
        headers.append(b"Content-Type: application/json")
    if header is not None:
        name = rng.choice([b"X-Route", b"x-route", b"X-ROUTE"])
        headers.append(name + b": " + header)
    if rng.random() < 0.5:
        headers.append(b"Connection: " + rng.choice([b"close", b"keep-alive"]))
    rng.shuffle(headers)
    return b"\r\n".join([first, *headers, b"", body])


@dataclass
class Evidence:
    """Everything that was sent, to a fleet that still runs."""

    fleet: Fleet
    sent: list[Sent]
    lines: int  # of the answer, while only malformed requests were under way
    deaths_of_malformed: int
    deaths_of_extreme: int

    def of(self, what: str) -> list[Sent]:
        return [each for each in self.sent if each.what == what]


Planned = tuple[str, Backend | None, bytes]


def refused(raw: bytes) -> Planned:
    return "malformed", None, raw


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    planted, bugs = plant(release, seeded, BUGS)
    fleet = start_fleet(planted)
    alone, mixed = (
        [refused(as_client(seeded, kind(seeded))) for kind in MALFORMED]
        for _ in range(2)
    )
    alone.append(refused(as_client(seeded, None)))
    fine = [backend for backend in BACKENDS if backend not in bugs.values()]
    for number in range(VALID):
        backend = seeded.choice(fine)
        header = SPELLINGS[number % len(SPELLINGS)](seeded, *backend)
        raw = put_order(seeded, header, word(seeded))
        mixed.append(("valid", backend, as_client(seeded, header, raw)))
    seeded.shuffle(alone)
    seeded.shuffle(mixed)

    # Of each kind its own: an answer may leave malformed requests waiting forever, and
    # serve valid ones.
    malformed, valid, rest = (Patience(ANSWER_WITHIN_S, 0.2) for _ in range(3))
    patience = {"malformed": malformed, "valid": valid, "extreme": rest, "bug": rest}

    def send(what: str, backend: Backend | None, raw: bytes) -> Sent:
        response = fleet.send(raw, patience[what].seconds)
        if response.outcome == "timeout":
            patience[what].lose()
        return Sent(what, backend, response)

    def unless_it_dies(each: Planned) -> Sent:
        if len(fleet.telemetry.exits()) > ENOUGH_DEATHS:
            return Sent(each[0], each[1], Response("reset"))
        return send(*each)

    death = Patience(DYING_WITHIN_S, 0.3)
    probe = plain_request(frozenset(bugs.values()))

    def settle() -> int:
        """Wait out a death that has begun, and the restart; returns all deaths."""
        outlives(fleet, len(fleet.telemetry.exits()), probe, valid, death)
        fleet.wait_ready(READY_WITHIN_S)
        return len(fleet.telemetry.exits())

    marking = Patience(LOGGED_WITHIN_S, 0.2)
    with ThreadPoolExecutor(AT_ONCE) as clients:
        before = mark(fleet, marking)
        sent = list(clients.map(unless_it_dies, alone))
        lines = answers_lines(fleet, before, mark(fleet, marking))
        sent += clients.map(unless_it_dies, mixed)
    of_malformed = settle()
    for what, raws in (
        ("extreme", [as_client(seeded, kind(seeded)) for kind in EXTREME]),
        ("bug", [request_for(backend) for backend in bugs.values()]),
    ):
        for raw in raws:
            sent.append(send(what, None, raw))
            settle()
    of_extreme = len(fleet.telemetry.exits()) - of_malformed
    logged_lines = sum("level" in record for record in lines)
    return Evidence(fleet, sent, logged_lines, of_malformed, of_extreme)


@guards(
    "test_malformed_requests_get_a_4xx",
    sent="other malformed requests of the same kinds, from several clients at once.",
    saw="some of them did not get a 4xx.",
    expected="a 4xx for each header that resolve() cannot read.",
    look="what your answer goes by: the exception that resolve() raises, or the"
    " examples that you have seen.",
)
def test_other_malformed_requests_get_a_4xx(evidence: Evidence) -> None:
    require(all(s.response.outcome == "client_error" for s in evidence.of("malformed")))


@guards(
    "test_malformed_requests_are_logged",
    sent="other malformed requests of the same kinds, from several clients at once.",
    saw="fewer lines in the log than malformed requests.",
    expected="a line for each of them.",
    look="whether every path on which a request is refused logs it.",
)
def test_other_malformed_requests_are_logged(evidence: Evidence) -> None:
    require(evidence.lines > len(MALFORMED))


@guards(
    "test_the_process_survives",
    sent="other malformed requests of the same kinds, from several clients at once.",
    saw="the process ended.",
    expected="the same process as before.",
    look="which exceptions can leave your loop, and what decides that.",
)
def test_the_process_survives_others(evidence: Evidence) -> None:
    require(not evidence.deaths_of_malformed)


@guards(
    "test_valid_requests_are_served",
    sent="valid requests from several clients at once, between malformed ones.",
    saw="some of them were not answered with 200 from their backend.",
    expected="200 from the backend that each request names, whoever sends it.",
    look="what a look-up leaves behind for the next one.",
)
def test_valid_requests_of_many_clients(evidence: Evidence) -> None:
    require(
        all(
            s.backend is not None and is_from(s.response, s.backend)
            for s in evidence.of("valid")
        )
    )


@guards(
    "test_an_unknown_bug_is_a_logged_500",
    sent="valid requests, to a service whose resolve() has other bugs; and headers on"
    " which it raises exceptions that nobody needs to foresee.",
    saw="some bug was not a 500 with its traceback in the log, or a request was never"
    " answered, or the process ended.",
    expected="the same for any exception that a malformed header does not raise.",
    look="whether your handler for the unforeseen names the types it handles.",
)
def test_other_bugs_are_a_500(evidence: Evidence) -> None:
    require(not evidence.deaths_of_extreme)
    require(all(s.response.status is not None for s in evidence.of("extreme")))
    bugs = evidence.of("bug")
    require(bool(bugs) and all(s.response.status == 500 for s in bugs))

    def told(bug: str) -> bool:
        records = logged(evidence.fleet)
        return any(has_traceback(record, bug, "in resolve") for record in records)

    require(evidence.fleet.telemetry.wait_for(lambda _: all(map(told, BUGS)), 1.0))


@guards(
    "test_it_shuts_down_cleanly",
    sent="SIGTERM, after many requests from several clients at once.",
    saw="the process did not end with exit code 0 within 3 s.",
    expected="the same clean end as after a few requests.",
    look="what is still running when the process is told to go.",
)
def test_it_shuts_down_after_load(evidence: Evidence) -> None:
    end = evidence.fleet.stop_replica(0)
    require(end.exit_code == 0 and not end.killed)
