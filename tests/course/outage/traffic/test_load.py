"""Traffic and its requests: seeded, and malformed only where they are meant to be."""

import itertools
import json
import random
import subprocess

import pytest

from course.outage import Fleet, Release
from course.outage.traffic.load import Load
from course.outage.traffic.messages import (
    MALFORMED,
    as_curl,
    malformed,
    well_formed_route,
)
from course.outage.traffic.retries import Retries
from course.service.routing import resolve


def test_the_same_seed_gives_the_same_requests() -> None:
    """Times, kinds and bytes; another seed gives others."""
    plans = [
        list(itertools.islice(Load(50, 0.1, seed).plan(), 200)) for seed in (7, 7, 8)
    ]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_the_malformed_share_is_what_was_asked_for() -> None:
    """One in a hundred, and exactly that."""
    plan = itertools.islice(Load(malformed=0.01, seed=1).plan(), 1000)
    assert sum(kind is not None for _, kind, _ in plan) == 10


def test_a_load_ends_when_its_time_is_over() -> None:
    """No request is due after it."""
    assert max(due for due, _, _ in Load(rate=100, seconds=3).plan()) <= 3


def test_a_load_survives_the_pipe() -> None:
    """To plain data and back."""
    load = Load(30, 0.2, 5, 9.0, Retries(1, 0.5, 2.0))
    assert Load.from_json(json.loads(json.dumps(load.to_json()))) == load


def test_every_valid_spelling_resolves() -> None:
    """Whatever the generator calls well-formed, the routing code accepts."""
    rng = random.Random(3)
    for _ in range(500):
        header, region, shard = well_formed_route(rng)
        backend = resolve(header)
        assert (backend.region, backend.shard) == (region, shard)


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_every_malformed_header_raises_what_its_kind_says(kind: str) -> None:
    """For any seed."""
    expected, make = MALFORMED[kind]
    for seed in range(50):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - its name is checked
            resolve(make(random.Random(seed)))
        assert type(caught.value).__name__ == expected


@pytest.mark.process
def test_latency_counts_from_when_a_request_was_due() -> None:
    """A client whose first try failed has been waiting since then."""
    with Fleet(Release.named("good"), replicas=1) as fleet:
        fleet.stop_replica(0)
        fleet.start_traffic(Load(rate=20, retries=Retries(1, 0.1, 0.2)))
        assert fleet.telemetry.wait_for(lambda t: any(x.last for x in t.tries), 5)
        ended = next(x for x in fleet.telemetry.tries if x.last)
    assert ended.number == 2
    assert ended.outcome == "timeout"
    assert ended.latency_s >= 0.5


@pytest.mark.process
@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_the_curl_line_sends_the_same_header(kind: str) -> None:
    """As bash reads it, byte for byte."""
    _, raw = malformed(random.Random(kind), kind)
    line = as_curl(raw, 8000).replace("curl -i", "printf '%s\\n'", 1)
    shown = subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout
    header = next(x for x in raw.split(b"\r\n") if x.startswith(b"X-Route"))
    assert header in shown.split(b"\n")
