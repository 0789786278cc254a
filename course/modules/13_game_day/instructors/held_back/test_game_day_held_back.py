"""One kind of malformed request at a time, many times; other bugs; a longer silence.

Nothing here may reach a learner: see course/modules/README.md.
"""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.instruments.expect import guards, require
from autograder.instruments.observe import BACKENDS, is_from, request_for, route_to
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.messages import MALFORMED, http_request, malformed
from course.outage.traffic.wire import Response

WITHIN_S = 2.5
AT_ONCE = 4

PLANTED = """

_find = Session.find
_faults = {faults!r}
_heals = {heals!r}


async def find(self: Session, header: bytes) -> Backend:
    backend = await _find(self, header)
    if (backend.region, backend.shard) == _heals:
        _faults.clear()
    match _faults.get((backend.region, backend.shard)):
        case "cancelled":
            raise asyncio.CancelledError
        case "group":
            raise ExceptionGroup("several", [OSError("one"), RuntimeError("two")])
        case "arithmetic":
            raise ZeroDivisionError("a shard of nothing")
        case "silent":
            await asyncio.sleep(60.0)
    return backend


Session.find = find
"""

FAULTS = ("cancelled", "group", "arithmetic", "silent")


class Service:
    """One replica of the answer, with other faults in its directory."""

    def __init__(
        self, start_fleet: StartFleet, release: Release, rng: random.Random
    ) -> None:
        drawn = rng.sample(BACKENDS, len(FAULTS))
        self.faults = dict(zip(FAULTS, drawn, strict=True))
        sound = [backend for backend in BACKENDS if backend not in drawn]
        self.heals = rng.choice(sound)
        self.sound = [backend for backend in sound if backend != self.heals]
        self.rng = rng
        code = PLANTED.format(
            faults={b: name for name, b in self.faults.items()}, heals=self.heals
        )
        self.fleet: Fleet = start_fleet(release.extended("directory.py", code))

    def ask(self, raws: Sequence[bytes], at_once: int = AT_ONCE) -> list[Response]:
        """The answers, so many asked for at a time."""
        with ThreadPoolExecutor(at_once) as clients:
            return list(clients.map(lambda raw: self.fleet.send(raw, WITHIN_S), raws))

    def require_recovery(self) -> None:
        """Once no fault is left, nobody is refused. Raises Unmet."""
        self.ask([request_for(self.heals)])
        answers = self.ask([request_for(backend) for backend in self.faults.values()])
        require(all(answer.status == 200 for answer in answers))

    def require_service(self) -> None:
        """Orders for every sound backend are served. Raises Unmet."""
        body = b'{"item": "tea", "quantity": 2}'
        raws = [
            http_request(route_to(backend), "PUT", f"/orders/{n}", body)
            for n, backend in enumerate(self.sound)
        ]
        answers = self.ask(raws)
        require(all(map(is_from, answers, self.sound)))


@pytest.fixture(scope="module")
def running(
    start_fleet: StartFleet, release: Release, seeded: random.Random
) -> Service:
    return Service(start_fleet, release, seeded)


@pytest.fixture
def service(running: Service) -> Service:
    """The replica with a new process."""
    running.fleet.restart()
    running.fleet.send(request_for(running.sound[0]), 5.0)
    return running


def times(kind: str) -> int:
    """How often to send it; the directory asks around about an unknown region."""
    return 8 if kind == "unknown region" else 30


@guards(
    "test_the_outage_does_not_come_back",
    sent="one kind of malformed request at a time, many times, and valid ones in"
    " between.",
    saw="valid requests that were not served, or a process that ended.",
    expected="all valid ones served.",
    look="each exception on its own: what it leaves behind, and what adds up.",
)
def test_one_kind_at_a_time(service: Service) -> None:
    for kind in service.rng.sample(sorted(MALFORMED), len(MALFORMED)):
        service.ask([malformed(service.rng, kind)[1] for _ in range(times(kind))])
        service.require_service()
    require(not service.fleet.telemetry.exits())


@guards(
    "test_malformed_headers_are_the_clients",
    sent="each kind of malformed request, many times.",
    saw="an answer that does not say it is the client's fault.",
    expected="400, every time.",
    look="what your module remembers from one request to the next.",
)
def test_every_time(service: Service) -> None:
    for kind in MALFORMED:
        if kind != "unknown region":
            raws = [malformed(service.rng, kind)[1] for _ in range(12)]
            require(all(answer.status == 400 for answer in service.ask(raws)))


def meeting(service: Service, fault: str, count: int) -> list[bytes]:
    """Valid requests that meet the planted `fault`."""
    return [request_for(service.faults[fault])] * count


@guards(
    "test_a_bug_of_ours_stays_one",
    sent="valid requests whose look-ups fail in other ways.",
    saw="an answer that hides it, or other requests that were not served.",
    expected="a 500 for each, and nothing for anybody else, then or later.",
    look="what you catch without knowing it.",
)
def test_other_bugs(service: Service) -> None:
    for name in ("group", "arithmetic", "cancelled"):
        answers = service.ask(meeting(service, name, 12))
        # A request that is cancelled may be cut off.
        if name == "cancelled":
            require({a.outcome for a in answers} <= {"server_error", "reset"})
        else:
            require(all(answer.status == 500 for answer in answers))
        service.require_service()
    service.require_recovery()


@guards(
    "test_a_silent_directory_costs_its_own_request",
    sent="one request after another that the directory does not answer.",
    saw="requests that did not get their 503 in time, or others that were not served.",
    expected="503 for each after about a second, and service again afterwards.",
    look="who else waits for the same session.",
)
def test_silence_again(service: Service) -> None:
    for _ in range(3):
        answers = service.ask(meeting(service, "silent", AT_ONCE))
        require(all(answer.status == 503 for answer in answers))
        service.require_service()
    service.require_recovery()
