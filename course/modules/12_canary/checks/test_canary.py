"""A hash, a formula, and a gate: on plain cases, 200 drawn rollouts and a real one.

The rollouts are drawn here, one look after another, and the gate is asked through a
pipe: it learns of each look what an engineer would, and of the next one nothing.
"""

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Call, Functions
from course.outage import Fleet, Release
from course.outage.incident.rollout import (
    Decision,
    Look,
    SimulatedRollout,
    roll_out,
    split,
)
from course.outage.traffic.load import Load

USERS = [f"user-{n}" for n in range(4000)]
WEIGHTS = (0, 0.01, 0.05, 0.25, 0.6, 1)

# Another process hashes text with another salt; this is one, as often as it is wanted.
SALTED = """
def through(in_canary, salt, release, weight, users):
    names = getattr(in_canary, "__globals__", {})
    names["hash"] = lambda value: hash((salt, value)) if salt else hash(value)
    return [bool(in_canary(user, release, weight)) for user in users]
"""


def slices(
    functions: Functions, asked: Sequence[tuple[int, str, float]]
) -> list[list[bool]]:
    """For each salt, release and weight: who of USERS is in. Raises Unmet."""
    cases = [[*each, USERS] for each in asked]
    calls = functions.calls("in_canary", cases, through=SALTED)
    for (_, release, weight), call in zip(asked, calls, strict=True):
        if call.ended != "returned":
            raise Unmet(
                sent=f'in_canary(user, "{release}", {weight}) for {len(USERS)} users.',
                saw=f"{call}.",
                expected="True or False.",
            )
    return [call.value for call in calls]


@check("The slice is the same everywhere, and only grows", points=1)
def test_the_slice_is_sticky(functions: Functions) -> None:
    here, again, elsewhere = slices(
        functions, [(0, "june", 0.25), (0, "june", 0.25), (1, "june", 0.25)]
    )
    if here != again or here != elsewhere:
        raise Unmet(
            sent=f'in_canary(user, "june", 0.25) for {len(USERS)} users, twice, and'
            " once in another process.",
            saw="another answer for"
            f" {_differ(here, again) or _differ(here, elsewhere)} of them.",
            expected="the same answers, always.",
            look="what your function draws from, and what of it a process makes anew"
            " when it starts.",
        )
    grown = slices(functions, [(0, "june", weight) for weight in WEIGHTS])
    for smaller, larger, weight in zip(grown, grown[1:], WEIGHTS[1:], strict=False):
        lost = sum(a and not b for a, b in zip(smaller, larger, strict=True))
        if lost:
            raise Unmet(
                sent=f"in_canary(…) for the same users and release, up to {weight}.",
                saw=f"{lost} users were in the slice before it grew and are not after.",
                expected="who has the release keeps it.",
                look="how the weight enters: it should be compared with, not mixed in.",
            )


def _differ(one: list[bool], other: list[bool]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


@check("The slice has its size, and other users for another release", points=1)
def test_the_slice_has_its_size(functions: Functions) -> None:
    asked = [(0, release, w) for release in ("june", "july") for w in WEIGHTS]
    for (_, release, weight), found in zip(
        asked, slices(functions, asked), strict=True
    ):
        size, wanted = sum(found), weight * len(USERS)
        # Five standard deviations: at 0 and at 1, none.
        if abs(size - wanted) > 5 * math.sqrt(wanted * (1 - weight)):
            raise Unmet(
                sent=f'in_canary(user, "{release}", {weight}) for {len(USERS)} users.',
                saw=f"{size} are in the slice.",
                expected=f"{wanted:.0f}, within what chance varies.",
                look="whether your number lies evenly between 0 and 1, for ids that"
                " differ in one digit, too.",
            )
    june, july = slices(functions, [(0, name, 0.25) for name in ("june", "july")])
    both = sum(a and b for a, b in zip(june, july, strict=True))
    if both > 0.5 * sum(june):
        raise Unmet(
            sent="in_canary(…) for the same users and two releases, 25% each.",
            saw=f"{both} of the {sum(june)} users of the first are in both.",
            expected="about a quarter of them.",
            look="who would bear every bad release.",
        )


BAKES: list[tuple[float, float, int]] = [
    (0.5, 0.75, 2),
    (0.5, 0.76, 3),
    (0.01, 0.95, 299),
    (0.001, 0.95, 2995),
    (0.02, 0.99, 228),
    (1, 0.9, 1),
    (0.9, 0.5, 1),
    (1e-9, 0.5, 693147181),
]


@check("The silence of so many requests means something", points=1)
def test_the_bake_is_long_enough(functions: Functions) -> None:
    calls = functions.calls("bake_requests", [list(bake[:2]) for bake in BAKES])
    for (share, certainty, expected), call in zip(BAKES, calls, strict=True):
        # In nine digits a float may be off by one.
        off = 1 if expected > 10**8 else 0
        value = call.value
        right = isinstance(value, int | float) and value == round(value)
        if not right or abs(value - expected) > off:
            raise Unmet(
                sent=f"bake_requests({share}, {certainty}).",
                saw=f"{call}.",
                expected=f"{expected}.",
                look="how likely it is that so many requests have all missed the"
                " trigger, and which way to round.",
            )


DECISIONS = ("promote", "roll back", "wait")


class Gate:
    """The learner's gate; raises Unmet when it says anything else."""

    def __init__(self, ask: Callable[..., Call]) -> None:
        self._ask = ask

    def __call__(self, control: dict[str, int], canary: dict[str, int]) -> Decision:
        call = self._ask(control, canary)
        if call.value not in DECISIONS:
            raise Unmet(
                sent=f"gate({control}, {canary}).",
                saw=f"{call}.",
                expected=f"one of {', '.join(map(repr, DECISIONS))}.",
            )
        decision: Decision = call.value
        return decision


@pytest.fixture
def gate(functions: Functions) -> Iterator[Gate]:
    with functions.conversation("gate", ASKED_WITHIN_S) as ask:
        yield Gate(ask)


ASKED_WITHIN_S = 20.0

CASES: list[tuple[str, tuple[int, int], tuple[int, int], str, str]] = [
    (
        "no request has reached the canary yet",
        (190, 1),
        (0, 0),
        "wait",
        "a share of nothing.",
    ),
    (
        "nothing at all has been counted yet",
        (0, 0),
        (0, 0),
        "wait",
        "a share of nothing.",
    ),
    (
        "one of three requests has failed at the canary",
        (57, 0),
        (3, 1),
        "wait",
        "how many requests a share of 33% is made of.",
    ),
    (
        "ten requests, none of them failed",
        (190, 2),
        (10, 0),
        "wait",
        "what ten requests without a failure say of a trigger that one in fifty pulls.",
    ),
    (
        "every request has failed at the canary",
        (1140, 9),
        (60, 60),
        "roll back",
        "what control does at the same time.",
    ),
    (
        "20% fail at the canary, none at control",
        (9500, 0),
        (500, 100),
        "roll back",
        "which share you compare: the canary's, or that of everything together.",
    ),
    (
        "30% fail at both",
        (9500, 2850),
        (500, 150),
        "promote",
        "with what the canary's share is compared.",
    ),
    (
        "no request fails at either",
        (19000, 0),
        (1000, 0),
        "promote",
        "what you wait for.",
    ),
]


@check("The gate knows the plain cases", points=1)
def test_the_gate_knows_the_plain_cases(gate: Gate) -> None:
    for what, control, canary, expected, look in CASES:
        arms = [
            {"requests": count, "failed": failed} for count, failed in (control, canary)
        ]
        decision = gate(*arms)
        if decision != expected:
            raise Unmet(
                sent=f"gate({arms[0]}, {arms[1]}): {what}.",
                saw=f"it returned {decision!r}.",
                expected=f"{expected!r}.",
                look=look,
            )


LOOKS = 60
BAD, GOOD = 3, 5
HURT = 40.0
# In looks: until somebody notices that everybody has a bad release.
NOTICED_AFTER_LOOKS = 10


def bad_release(rng: random.Random, number: int) -> SimulatedRollout:
    """The bad releases, one sort after another."""
    sorts: list[tuple[str, float, int]] = [
        ("fails every request", 1.0, 0),
        ("fails one in five", 0.2, 0),
        ("fails one in ten", 0.1, 0),
        ("deadly, one request in fifty", 1.0, 50),
    ]
    kind, extra, trigger = sorts[number % len(sorts)]
    base = rng.choice([0.002, 0.01, 0.02])
    return SimulatedRollout(kind, *_traffic(rng), base, extra, trigger)


def good_release(rng: random.Random, number: int) -> SimulatedRollout:
    """The good releases, one sort after another."""
    base = rng.choice([0.002, 0.01, 0.02])
    begins = rng.randint(1, 20)
    sorts: list[tuple[str, tuple[int, int], float]] = [
        ("as good as control", (0, 0), 0.0),
        ("good, while what both depend on is in trouble", (begins, 60), 0.1),
        ("as good as control", (0, 0), 0.0),
        ("good, while what both depend on is in trouble", (begins, begins + 15), 0.3),
    ]
    kind, trouble, share = sorts[number % len(sorts)]
    return SimulatedRollout(kind, *_traffic(rng), base, 0.0, 0, trouble, share)


def _traffic(rng: random.Random) -> tuple[float, float]:
    weight = rng.choice([0.05, 0.1])
    return rng.uniform(7.5, 12.5) / weight, weight


@dataclass(frozen=True)
class Played:
    """Rollouts that were played to their end: what was drawn, and the last look."""

    rollouts: list[tuple[SimulatedRollout, Look]]

    def wrong(self, decision: Decision) -> Counter[str]:
        """How many of each kind ended with that `decision`."""
        return Counter(
            drawn.kind for drawn, look in self.rollouts if look.decision == decision
        )

    @property
    def hurt(self) -> float:
        """The requests that failed at the canary, per release that went back."""
        looks = [look for _, look in self.rollouts if look.decision == "roll back"]
        return sum(look.canary.failed for look in looks) / max(1, len(looks))


@pytest.fixture(scope="module")
def rollouts(functions: Functions, seeded: random.Random) -> dict[bool, Played]:
    """100 rollouts of bad releases (True) and 100 of good ones."""
    made = {
        True: [bad_release(seeded, n) for n in range(100)],
        False: [good_release(seeded, n) for n in range(100)],
    }
    with functions.conversation("gate", ASKED_WITHIN_S) as ask:
        return {
            bad: Played([(d, d.decided(Gate(ask), seeded, LOOKS)) for d in drawn])
            for bad, drawn in made.items()
        }


IDEA = {
    "fails every request": "what your gate waits for, when nothing works any more.",
    "fails one in five": "which two shares your gate compares.",
    "fails one in ten": "whether your gate promotes while it cannot tell yet.",
    "deadly, one request in fifty": "how many requests it takes until such a request"
    " has come with a certainty of 99%.",
    "as good as control": "how often a difference of that size comes by chance, when"
    f" one looks {LOOKS} times; or what your gate still waits for.",
    "good, while what both depend on is in trouble": "what control does at the same"
    " time, and how much more the difference varies when both fail often.",
}


@check("Bad releases go back", points=2)
def test_bad_releases_go_back(rollouts: dict[bool, Played]) -> None:
    played = rollouts[True]
    wrong = played.wrong("promote")
    if wrong.total() > BAD:
        lost = sum(
            drawn.rate * NOTICED_AFTER_LOOKS * min(1.0, drawn.base + drawn.extra)
            for drawn, look in played.rollouts
            if look.decision == "promote"
        )
        raise Unmet(
            sent="100 rollouts of bad releases, up to 60 looks each.",
            saw=f"{wrong.total()} were promoted: {_kinds(wrong)}. Until somebody had"
            f" noticed, about {lost:,.0f} requests of all users would have failed.",
            expected=f"at most {BAD}.",
            look=IDEA[wrong.most_common(1)[0][0]],
        )


@check("Good releases are promoted", points=1.5)
def test_good_releases_are_promoted(rollouts: dict[bool, Played]) -> None:
    wrong = rollouts[False].wrong("roll back")
    if wrong.total() > GOOD:
        late = sum(
            look.number == LOOKS and look.decision == "roll back"
            for _, look in rollouts[False].rollouts
        )
        raise Unmet(
            sent="100 rollouts of good releases, up to 60 looks each.",
            saw=f"{wrong.total()} were rolled back: {_kinds(wrong)}; {late} of them"
            " were not decided before the last look.",
            expected=f"at most {GOOD}.",
            look=IDEA[wrong.most_common(1)[0][0]],
        )


def _kinds(wrong: Counter[str]) -> str:
    return ", ".join(f"{count} × “{kind}”" for kind, count in wrong.most_common())


@check("Few requests are hurt before a bad release goes back", points=1)
def test_few_requests_are_hurt(rollouts: dict[bool, Played]) -> None:
    played = rollouts[True]
    back = played.wrong("roll back")
    if back.total() < 60:
        raise Unmet(
            sent="100 rollouts of bad releases, up to 60 looks each.",
            saw=f"{back.total()} went back at all.",
            expected="nearly all of them, and soon.",
            look=IDEA["fails every request"],
        )
    if played.hurt > HURT:
        raise Unmet(
            sent="100 rollouts of bad releases, up to 60 looks each.",
            saw=f"until they went back, {played.hurt:.0f} requests had failed at the"
            " canary, on average.",
            expected=f"at most {HURT:.0f}.",
            look="what your gate could have known earlier: a release that fails"
            " everything shows that within a look or two.",
        )


# As in lesson 12, and with more malformed requests: it should not take long.
LOAD = Load(rate=60, malformed=1 / 15)
WEIGHT, LOOK_S, LIVE_LOOKS = 0.3, 0.3, 50
# Of the requests to the canary, the one that ends its process is one of these.
DEADLY = range(28, 36)


def live_load(rng: random.Random) -> Load:
    """A load whose first malformed request reaches the canary when one of DEADLY."""
    while True:
        load = replace(LOAD, seed=rng.getrandbits(30))
        requests = split(load, WEIGHT)[1].plan()
        kinds = [kind for _, kind, _ in itertools.islice(requests, DEADLY.stop)]
        if any(kinds) and not any(kinds[: DEADLY.start]):
            return load


@check("Live: June's release goes back", points=1.5)
def test_junes_release_goes_back(gate: Gate, seeded: random.Random) -> None:
    load = live_load(seeded)
    good, june = Release.named("good"), Release.named("bad")
    with Fleet(good, 1) as control, Fleet(june, 1) as canary:
        for last in roll_out(control, canary, load, WEIGHT, gate, LIVE_LOOKS, LOOK_S):
            if last.decision == "promote":
                break  # before the rollout goes on with it, and control dies as well
    if last.decision == "promote":
        raise Unmet(
            margin_s=0.6,
            sent="a real rollout of June's release: two fleets, malformed requests"
            " among 60 a second.",
            saw=f"{last}.",
            expected="“roll back”, or to wait a little longer.",
            look=IDEA["deadly, one request in fifty"],
        )
    if last.decision == "wait":
        raise Unmet(
            margin_s=0.6,
            sent="a real rollout of June's release: two fleets, malformed requests"
            f" among 60 a second, {LIVE_LOOKS} looks.",
            saw=f"{last}.",
            expected="“roll back”.",
            look="what your gate waits for, when the canary alone fails.",
        )
