"""Rollouts: the split of the load, the counts, the gate's decisions, drawn and real."""

import itertools
import random
import statistics

import pytest

from course.outage import Fleet, Release
from course.outage.incident.rollout import (
    Arm,
    Decision,
    SimulatedRollout,
    roll_out,
    split,
)
from course.outage.traffic.load import Load

LOAD = Load(rate=60, malformed=1 / 12, seed=4)


def go_back(control: dict[str, int], canary: dict[str, int]) -> Decision:
    """Roll back once five requests have failed at the canary."""
    return "roll back" if canary["failed"] >= 5 else "wait"


def promote(control: dict[str, int], canary: dict[str, int]) -> Decision:
    """Promote after twenty requests."""
    return "promote" if canary["requests"] >= 20 else "wait"


def test_the_arms_of_a_split_make_the_whole() -> None:
    """Each request is in exactly one of the two, with the time that it was due."""
    control, canary = split(LOAD, 0.1)
    whole, most, few = (
        list(itertools.takewhile(lambda planned: planned[0] < 30, load.plan()))
        for load in (LOAD, control, canary)
    )
    assert len(most) + len(few) == len(whole)
    assert {due for due, _, _ in most} | {due for due, _, _ in few} == {
        due for due, _, _ in whole
    }
    assert 0.06 < len(few) / len(whole) < 0.14


def test_a_split_survives_the_way_to_the_supervisor() -> None:
    """As JSON and back."""
    _, canary = split(LOAD, 0.1)
    assert Load.from_json(canary.to_json()) == canary


@pytest.mark.process
def test_junes_release_goes_back() -> None:
    """Control serves everybody again, and has never failed more than malformed ones."""
    good, june = Release.named("good"), Release.named("bad")
    with Fleet(good, 1) as control, Fleet(june, 1) as canary:
        looks = list(roll_out(control, canary, LOAD, 0.3, go_back, 40, 0.25))
        assert looks[-1].decision == "roll back"
        assert looks[-1].canary.failed >= 5
        tries = len(canary.telemetry.tries)
        since = control.telemetry.now
        assert control.telemetry.wait_for(
            lambda told: Arm.of(told, since).requests >= 30, 5
        )
        assert control.release.name == "good"
        assert not control.telemetry.exits()
        # The canary gets no request any more; a few were under way.
        assert len(canary.telemetry.tries) <= tries + 5


@pytest.mark.process
def test_what_is_promoted_is_deployed() -> None:
    """Control then runs the canary's release."""
    edge = Release.named("edge")
    with Fleet(Release.named("good"), 1) as control, Fleet(edge, 1) as canary:
        *_, last = roll_out(control, canary, Load(rate=60), 0.5, promote, 40, 0.25)
        assert last.decision == "promote"
        assert control.release.name == "edge"


@pytest.mark.parametrize("extra", [0.0, 0.1, 1.0])
def test_what_is_drawn_has_the_shares_it_was_told(extra: float) -> None:
    """Of control and of the canary."""
    drawn = SimulatedRollout("", rate=200, weight=0.1, base=0.05, extra=extra)
    control, canary = next(itertools.islice(drawn.looks(random.Random(1)), 200, None))
    assert control.share == pytest.approx(0.05, abs=0.01)
    assert canary.share == pytest.approx(min(1.0, 0.05 + extra), abs=0.03)
    assert canary.requests == pytest.approx(200 * 20, rel=0.1)


def test_a_trigger_is_pulled_as_rarely_as_told() -> None:
    """After so many requests of the canary, on average."""
    drawn = SimulatedRollout("", rate=20, weight=0.5, base=0.0, extra=1.0, trigger=50)
    rng = random.Random(2)
    first = [
        next(canary.requests for _, canary in drawn.looks(rng) if canary.failed)
        for _ in range(400)
    ]
    assert statistics.fmean(first) == pytest.approx(55, rel=0.15)


def test_who_is_undecided_goes_back() -> None:
    """At the last look."""
    fine = SimulatedRollout("", rate=20, weight=0.5, base=0.0)
    look = fine.decided(lambda control, canary: "wait", random.Random(0), looks=7)
    assert (look.number, look.decision) == (7, "roll back")
