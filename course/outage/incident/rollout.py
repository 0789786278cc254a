"""Rollouts of a release to a share of the users: the two arms, and the gate.

A rollout is either run, over two fleets that share one load, or drawn at random from
the shares of requests that fail, hundreds in a second. The gate that decides is the
same in both.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

from course.outage.fleet.fleet import Fleet
from course.outage.telemetry.series import FAILURES, Telemetry
from course.outage.traffic.load import Load

Decision = Literal["promote", "roll back", "wait"]


@dataclass(frozen=True)
class Arm:
    """The requests of one arm that have ended, and how many of them failed.

    A failed request got a 5xx or no answer, after all its tries.
    """

    requests: int = 0
    failed: int = 0

    @classmethod
    def of(cls, telemetry: Telemetry, since: float) -> "Arm":
        """Return the counts of a fleet's requests due since second `since`."""
        ended = [t for t in list(telemetry.tries) if t.last and t.due >= since]
        return cls(len(ended), sum(t.outcome in FAILURES for t in ended))

    @property
    def share(self) -> float:
        """Return the share of requests that failed; 0 if there were none."""
        return self.failed / self.requests if self.requests else 0.0


# Called at each look with the counts since the rollout began: control's, the canary's.
Gate = Callable[[dict[str, int], dict[str, int]], Decision]


@dataclass(frozen=True)
class Look:
    """Control and canary at one look, the `number`th, and what the gate decided."""

    number: int
    control: Arm
    canary: Arm
    decision: Decision

    def __str__(self) -> str:
        arms = (
            f"{name} {arm.failed:3} of {arm.requests:4} failed"
            for name, arm in (("control", self.control), ("canary", self.canary))
        )
        return f"look {self.number:2}: {', '.join(arms)}: {self.decision}"


def split(load: Load, weight: float) -> tuple[Load, Load]:
    """Return two loads that make `load`: control's, and a canary's share `weight`."""
    return replace(load, lots=(weight, 1.0)), replace(load, lots=(0.0, weight))


def roll_out(
    control: Fleet,
    canary: Fleet,
    load: Load,
    weight: float,
    gate: Gate,
    looks: int = 40,
    look_s: float = 1.0,
) -> Iterator[Look]:
    """Give `canary` its share of `load`, look every `look_s`, and obey the `gate`.

    Yields each look. It ends with a promotion (control gets the release, and all of the
    load), or with the canary out of service; a canary that is not promoted by the last
    look is rolled back. Raises OutageError.
    """
    to_control, to_canary = split(load, weight)
    fleets = control, canary
    since = [fleet.telemetry.now for fleet in fleets]
    control.start_traffic(to_control)
    canary.start_traffic(to_canary)
    for number in range(1, looks + 1):
        control.telemetry.wait(look_s)
        arms = [
            Arm.of(fleet.telemetry, start)
            for fleet, start in zip(fleets, since, strict=True)
        ]
        decision = gate(asdict(arms[0]), asdict(arms[1]))
        yield Look(number, arms[0], arms[1], decision)
        if decision != "wait":
            break
    canary.stop_traffic()
    control.start_traffic(load)
    if decision == "promote":
        control.deploy(canary.release)


@dataclass(frozen=True)
class SimulatedRollout:
    """A rollout that is drawn at random from the shares of requests that fail.

    Each look brings about `rate` requests, of which the canary gets the share `weight`.
    Of control's requests the share `base` fails; of the canary's `extra` more, from the
    first request on that pulls its `trigger` (one in so many; from the start if 0). If
    `pulled_by` is given, it is the canary's request of that number; nothing is drawn.
    Between the looks of `trouble` the share `trouble_share` of both arms fails as well:
    something that they depend on.
    """

    kind: str
    rate: float
    weight: float
    base: float
    extra: float = 0.0
    trigger: int = 0
    trouble: tuple[int, int] = (0, 0)
    trouble_share: float = 0.0
    pulled_by: int = 0

    def looks(self, rng: random.Random) -> Iterator[tuple[Arm, Arm]]:
        """Yield the counts of control and canary at one look after another."""
        control, canary = Arm(), Arm()
        pulled = not self.trigger
        for number in range(1, 10_000):
            begins, ends = self.trouble
            base = self.base + self.trouble_share * (begins <= number < ends)
            arrived = _poisson(rng, self.rate * self.weight)
            if self.pulled_by:
                pulled = canary.requests + arrived >= self.pulled_by
            elif self.trigger and not pulled:
                pulled = rng.random() < 1 - (1 - 1 / self.trigger) ** arrived
            worse = min(1.0, base + self.extra * pulled)
            canary = _after(rng, canary, arrived, worse)
            arrived = _poisson(rng, self.rate * (1 - self.weight))
            control = _after(rng, control, arrived, base)
            yield control, canary

    def decided(self, gate: Gate, rng: random.Random, looks: int) -> Look:
        """Return the look at which `gate` decides; the last one rolls back a "wait"."""
        for number, (control, canary) in enumerate(self.looks(rng), start=1):
            decision = gate(asdict(control), asdict(canary))
            if decision == "wait" and number == looks:
                decision = "roll back"
            if decision != "wait":
                return Look(number, control, canary, decision)
        raise AssertionError("a rollout has looks without end")


def _after(rng: random.Random, arm: Arm, arrived: int, share: float) -> Arm:
    return Arm(arm.requests + arrived, arm.failed + _binomial(rng, arrived, share))


def _binomial(rng: random.Random, count: int, share: float) -> int:
    """Return how many of `count` fail, where each does with probability `share`."""
    if share in (0.0, 1.0):
        return round(count * share)
    # The distance from one failure to the next is geometric: few failures, few draws.
    failed, at = -1, 0
    while at <= count:
        failed += 1
        at += 1 + math.floor(math.log(1 - rng.random()) / math.log(1 - share))
    return failed


def _poisson(rng: random.Random, mean: float) -> int:
    """Return how many arrive where `mean` do on average (a normal variate, if many)."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + rng.expovariate(1.0)
    return count
