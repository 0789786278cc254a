"""Observing a release from outside: what happens to the requests that it is sent.

Shared by the checks of every exercise whose answer is a release. A check's statement
rests on something that happened: a response, the end of a process, a line in the log.
A statement that something did not happen rests on time in which the replica could run,
so it is the same on a busy machine. All seconds here are such seconds.
"""

import json
import math
import random
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle

from course.outage import Fleet, Release
from course.outage.telemetry.events import Metric, value_of
from course.outage.telemetry.scrape import read_metrics
from course.outage.traffic.messages import http_request, put_order
from course.outage.traffic.wire import Response
from course.service.routing import TOPOLOGY

READY_WITHIN_S = 15.0

# A death takes a tenth of a second from the failure to the exit: until the event loop
# has been closed, the process goes on answering.
DYING_WITHIN_S = 2.0

# Loggers whose lines are not an answer's: of the service's own RequestLog, and of tasks
# and futures that nobody waits for.
NOT_THE_ANSWERS = {"course.service.telemetry", "asyncio"}
# How the server begins its line about an exception that nothing has handled. An answer
# may use the server's logger for lines of its own.
UNHANDLED = "Exception in ASGI application"

FIRST_WITHIN_S = 3.0
LOGGED_WITHIN_S = 1.0

Backend = tuple[str, int]

BACKENDS = [(region, n) for region, count in TOPOLOGY.items() for n in range(count)]


@dataclass
class Malformed:
    """A malformed request of one `kind`, and how it and the requests after it ended.

    `lines` are what the answer has logged while no other request was under way.
    """

    kind: str
    raw: bytes
    response: Response
    exit_codes: list[int]
    lines: list[dict[str, object]]
    wrong: list[tuple[bytes, Response]] = field(default_factory=list)


class Patience:
    """A wait for something that may never come: shorter once it has failed to come."""

    def __init__(self, at_first_s: float, then_s: float) -> None:
        self.seconds = at_first_s
        self._then_s = then_s

    def lose(self) -> None:
        """Shorten the wait, because what was waited for has not come."""
        self.seconds = self._then_s


class Experiment:
    """An experiment on one replica: each kind of malformed request, then valid ones.

    `valid_after` valid requests follow each malformed one. Nothing is sent before it is
    asked for, and nothing twice. Valid requests name none of the backends in `avoid`.
    """

    def __init__(
        self,
        fleet: Fleet,
        rng: random.Random,
        requests: Mapping[str, bytes],
        valid_after: int,
        avoid: frozenset[Backend] = frozenset(),
    ) -> None:
        self.fleet = fleet
        self.valid_after = valid_after
        self.count = len(requests)
        self._rng = rng
        self._avoid = avoid
        self._kinds = list(requests)
        rng.shuffle(self._kinds)
        self._requests = requests
        self._spellings = cycle(SPELLINGS)
        self._sent: list[Malformed] = []
        self._sending = self._send()
        self._answer = Patience(1.5, 0.2)
        self._mark = Patience(LOGGED_WITHIN_S, 0.2)
        self.valid = Patience(1.5, 0.2)
        self.death = Patience(DYING_WITHIN_S, 0.3)

    def __iter__(self) -> Iterator[Malformed]:
        """Yield each malformed request, sending it now if it has not been sent."""
        number = 0
        while number < len(self._sent) or next(self._sending, None):
            yield self._sent[number]
            number += 1

    def warm_up(self) -> tuple[bytes, Response] | None:
        """Send the plainest valid request; return it and the response if that is wrong.

        The first request takes longer than any other.
        """
        raw = plain_request(self._avoid)
        response = self.fleet.send(raw, FIRST_WITHIN_S)
        return None if response.status == 200 else (raw, response)

    def settle(self) -> None:
        """Wait until a death that has begun, and the restart after it, are over."""
        self.outlives(len(self.fleet.telemetry.exits()))
        self.fleet.wait_ready(READY_WITHIN_S)

    def outlives(self, deaths: int) -> bool:
        """Return whether the process that ran after `deaths` deaths still lives."""
        probe = plain_request(self._avoid)
        return outlives(self.fleet, deaths, probe, self.valid, self.death)

    @property
    def all(self) -> list[Malformed]:
        """Return all malformed requests, with valid ones sent after the last too."""
        return list(self)

    @property
    def deaths(self) -> list[Malformed]:
        """Return the malformed requests on which the process ended."""
        return [malformed for malformed in self.all if malformed.exit_codes]

    @property
    def died(self) -> str:
        """Return a description of the deaths, empty if there was none."""
        if not self.deaths:
            return ""
        exit_codes = sorted({str(death.exit_codes[0]) for death in self.deaths})
        codes = " and ".join(exit_codes)
        kinds = ", ".join(f"“{death.kind}”" for death in self.deaths)
        count = f"{len(self.deaths)} of {self.count} kinds"
        return f"the process ended, with exit code {codes}, on {count}: {kinds}"

    def _send(self) -> Iterator[Malformed]:
        for kind in self._kinds:
            deaths = len(self.fleet.telemetry.exits())
            raw = self._requests[kind]
            before = mark(self.fleet, self._mark)
            response = self.fleet.send(raw, self._answer.seconds)
            if response.outcome == "timeout":
                self._answer.lose()
            lines = answers_lines(self.fleet, before, mark(self.fleet, self._mark))
            self.outlives(deaths)
            exits = self.fleet.telemetry.exits()[deaths:]
            codes = [exit_.exit_code for exit_ in exits]
            malformed = Malformed(kind, raw, response, codes, lines)
            self._sent.append(malformed)
            yield malformed
            self.fleet.wait_ready(READY_WITHIN_S)
            followers = [self._send_valid() for _ in range(self.valid_after)]
            malformed.wrong = [follower for follower in followers if follower]

    def _send_valid(self) -> tuple[bytes, Response] | None:
        """Send one valid request; return it and the response if that is wrong."""
        backend = self._rng.choice([b for b in BACKENDS if b not in self._avoid])
        route = next(self._spellings)(self._rng, *backend)
        order = put_order(self._rng, route, f"{self._rng.getrandbits(32):08x}")
        response = self.fleet.send(order, self.valid.seconds)
        if response.outcome == "timeout":
            self.valid.lose()
        return None if is_from(response, backend) else (order, response)


def metrics(fleet: Fleet, within_s: float) -> list[Metric]:
    """Return the metrics of the replica, none where it does not tell them."""
    text = fleet.send(http_request(None, path="/metrics"), within_s).text
    try:
        return read_metrics(text)
    except ValueError:
        return []


def metric(fleet: Fleet, name: str, within_s: float) -> float:
    """Return the value of the metric `name` that has no labels, NaN without it."""
    return value_of(metrics(fleet, within_s), name, math.nan)


def dies(fleet: Fleet, deaths: int, within_s: float) -> bool:
    """Wait for one more process to end after `deaths`; return whether it did.

    A response may arrive before its process ends.
    """
    return fleet.telemetry.wait_for(
        lambda t: len(t.exits()) > deaths, within_s, "the end of a process"
    )


def outlives(
    fleet: Fleet, deaths: int, probe: bytes, valid: Patience, death: Patience
) -> bool:
    """Return whether the process that ran after `deaths` deaths still lives.

    A 200 to `probe`, a valid request, proves that it does. A process that is about to
    end may give any other response, so this waits for its end.
    """
    response = fleet.send(probe, valid.seconds)
    fleet.catch_up()  # the response may be from the next process
    if len(fleet.telemetry.exits()) > deaths:
        return False
    if response.status == 200:
        return True
    if response.outcome == "timeout":
        valid.lose()
    if dies(fleet, deaths, death.seconds):
        return False
    death.lose()
    return True


def plain_request(avoid: frozenset[Backend]) -> bytes:
    """Return the plainest valid request to a backend that is not in `avoid`."""
    return request_for(next(b for b in BACKENDS if b not in avoid))


def is_from(response: Response, backend: Backend) -> bool:
    """Return whether `response` is a success of `backend`."""
    if response.status != 200:
        return False
    try:
        order = json.loads(response.body)
        return bool((order["region"], order["shard"]) == backend)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def logged(fleet: Fleet) -> list[dict[str, object]]:
    """Return the log records that have a level and an event, as loggers write them."""
    return spoken(entry.record for entry in fleet.telemetry.log_entries())


def spoken(records: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """Return those of `records` that a logger wrote: they have a level and an event."""
    return [r for r in records if isinstance(r.get("level"), str) and "event" in r]


def names(record: Mapping[str, object], *functions: str) -> bool:
    """Return whether a log record names all `functions`, as a traceback does.

    It may do so in any field, as text or in a structure.
    """
    try:
        text = json.dumps(record)
    except RecursionError:
        return False
    return all(function in text for function in functions)


def mark(fleet: Fleet, patience: Patience) -> int:
    """Return how many lines the log has up to now, those of earlier requests included.

    A line may arrive after the response of its request. So this sends a request that
    names no route, and waits for the service's own line about it.
    """
    response = fleet.send(http_request(None, path="/healthz"), patience.seconds)
    if response.outcome == "timeout":
        patience.lose()
    request_id = (response.headers or {}).get("x-request-id")
    place = 0

    def arrived(_: object) -> bool:
        nonlocal place
        entries = fleet.telemetry.log_entries()
        while place < len(entries):
            place += 1
            if entries[place - 1].record.get("request_id") == request_id:
                return True
        return False

    if request_id:
        if not fleet.telemetry.wait_for(arrived, patience.seconds):
            patience.lose()
    else:
        fleet.catch_up()
        place = len(fleet.telemetry.log_entries())
    return place


def answers_lines(fleet: Fleet, begin: int, end: int) -> list[dict[str, object]]:
    """Return the records of the log from `begin` to `end` that the answer has written.

    A line that no logger has written, such as print() does, has no level.
    """
    records = (entry.record for entry in fleet.telemetry.log_entries()[begin:end])
    return [
        record
        for record in records
        if record.get("logger") not in NOT_THE_ANSWERS
        and not str(record.get("event")).startswith(UNHANDLED)
    ]


def has_traceback(record: Mapping[str, object], *needed: str) -> bool:
    """Return whether a field of a log record is a traceback that holds all `needed`.

    It may be the field that loggers put it into, or any other text.
    """
    return any(
        isinstance(text, str) and 'File "' in text and all(n in text for n in needed)
        for text in record.values()
    )


def stopped(fleet: Fleet) -> str:
    """Return which limit the replica has exceeded, in words, or an empty string."""
    for record in logged(fleet):
        if record["event"] == "sandbox.stopped":
            return f"it was stopped for using {record.get('used')}"
    return ""


# Unknown shards, which are malformed, come this way as well: an exception is not to be
# known by how deep it was raised, nor by a text that the source has, nor by a name.
PLANTED = """

import builtins


class {Shards}(dict):
    def __getitem__(self, {shard}):
        if {bug} := {bugs!r}.get((self.{region}, {shard})):
            {kind}, _, {text} = bytes(n ^ {mask} for n in {bug}).decode().partition(":")
            {known} = getattr(builtins, {kind}, None)
            raise ({known} or type({kind}, (Exception,), {{}}))({text})
        return super().__getitem__({shard})


for {region}, {known} in BACKENDS.items():
    BACKENDS[{region}] = {Shards}({known})
    BACKENDS[{region}].{region} = {region}
"""
NAMES = ("Shards", "shard", "region", "bug", "kind", "text", "known")

IN_MESSAGES = string.ascii_letters + string.digits + " .,:;'()-/_"


def plant(
    release: Release, rng: random.Random, exceptions: tuple[str, ...]
) -> tuple[Release, dict[str, Backend]]:
    """Return `release` with bugs in its resolve(), and each exception → its backend.

    A valid request for such a backend raises that exception, where it looks the shard
    up. The backends, the messages and the names in the code are drawn at random each
    time, and every check of an exercise uses the same release: an answer can neither
    know a planted exception by its text or its traceback nor tell from the code around
    it which check is running.
    """
    bugs = dict(zip(exceptions, rng.sample(BACKENDS, len(exceptions)), strict=True))
    mask = rng.randint(1, 127)
    sealed = {
        backend: bytes(n ^ mask for n in f"{name}:{drawn_message(rng)}".encode())
        for name, backend in bugs.items()
    }
    names = {name: drawn_name(rng) for name in NAMES}
    code = PLANTED.format(bugs=sealed, mask=mask, **names)
    return release.extended("routing.py", code), bugs


def drawn_message(rng: random.Random) -> str:
    """Return a text for a planted exception; it may be empty."""
    return "".join(rng.choices(IN_MESSAGES, k=rng.randint(0, 40)))


def drawn_name(rng: random.Random) -> str:
    """Return a name for something in planted code."""
    return "_" + "".join(rng.choices(string.ascii_lowercase, k=12))


def route_to(backend: Backend) -> bytes:
    """Return the plainest X-Route header that names `backend`."""
    region, shard = backend
    return json.dumps({"region": region, "shard": shard}).encode()


def _with_more(rng: random.Random, region: str, shard: int) -> bytes:
    trace = f"{rng.getrandbits(128):032x}"
    more = {"v": 2, "trace": trace, "tags": ["a", "b"]}
    return json.dumps(more | {"region": region, "shard": shard}).encode()


def _long(rng: random.Random, region: str, shard: int) -> bytes:
    note = f"{rng.getrandbits(2400):0600x}"
    return json.dumps({"region": region, "note": note, "shard": shard}).encode()


# How clients spell a valid X-Route header.
SPELLINGS: tuple[Callable[[random.Random, str, int], bytes], ...] = (
    lambda rng, region, shard: route_to((region.upper(), shard)),
    lambda rng, region, shard: (
        b'{"shard":"%d","region":"%s"}' % (shard, region.encode())
    ),
    _with_more,
    lambda rng, region, shard: route_to((region, shard)),
    _long,
    lambda rng, region, shard: (
        b'{ "region" : "\\u%04x%s" , "shard" : %d }'
        % (ord(region[0]), region[1:].encode(), shard)
    ),
    lambda rng, region, shard: route_to((region.title(), shard)),
)


def request_for(backend: Backend) -> bytes:
    """Return a valid request for `backend`."""
    return http_request(route_to(backend))
