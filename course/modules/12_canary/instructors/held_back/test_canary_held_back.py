"""Other users, other shares, other rollouts.

Nothing here may reach a learner: see course/modules/README.md.
"""

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Call, Functions
from course.outage.incident.rollout import Decision, SimulatedRollout

SLICES = """
def through(in_canary, salt, release, weight, users):
    getattr(in_canary, "__globals__", {})["hash"] = lambda value: hash((salt, value))
    return [bool(in_canary(user, release, weight)) for user in users]
"""


@guards(
    "test_the_slice_is_sticky",
    sent="in_canary(…) for other users and other releases, in several processes.",
    saw="not the same slice, or one that lost users as it grew.",
    expected="what the exercise promises, for any id and any name.",
    look="what your number comes from.",
)
def test_other_users(functions: Functions, seeded: random.Random) -> None:
    users = [f"{seeded.getrandbits(64):x}@exämple.org" for _ in range(1500)]
    release = f"release {seeded.getrandbits(20)}"
    weights = sorted(seeded.sample(range(1, 1000), 4))
    cases = [
        [salt, release, weight / 1000, asked]
        for salt, asked in ((1, users), (2, users[::-1]))
        for weight in weights
    ]
    found = [call.value for call in functions.calls("in_canary", cases, through=SLICES)]
    require(all(isinstance(each, list) for each in found))
    require(found[: len(weights)] == [each[::-1] for each in found[len(weights) :]])
    for smaller, larger in itertools.pairwise(found[: len(weights)]):
        require(all(b or not a for a, b in zip(smaller, larger, strict=True)))


@guards(
    "test_the_slice_has_its_size",
    sent="in_canary(…) for other users and other releases.",
    saw="a slice that is too large or too small, or the same users for two releases.",
    expected="what the exercise promises, for any id and any name.",
    look="what your number is made of, and whether all of it enters.",
)
def test_other_sizes(functions: Functions, seeded: random.Random) -> None:
    users = [str(seeded.getrandbits(48)) for _ in range(3000)]
    releases = [f"2024-{n:02}" for n in seeded.sample(range(1, 13), 6)]
    weight = round(seeded.uniform(0.2, 0.5), 3)
    small = seeded.choice([0.004, 0.005, 0.006])
    many = [str(seeded.getrandbits(48)) for _ in range(25_000)]
    cases = [[0, release, weight, users] for release in releases]
    calls = functions.calls(
        "in_canary", [*cases, [0, "x", small, many]], through=SLICES
    )
    found = [call.value for call in calls]
    require(all(isinstance(each, list) for each in found))
    require(has_size(found.pop(), small))
    require(all(has_size(each, weight) for each in found))
    wanted = weight * weight * len(users)
    for one, other in itertools.combinations(found, 2):
        both = sum(a and b for a, b in zip(one, other, strict=True))
        require(abs(both - wanted) <= 5 * math.sqrt(wanted))


def has_size(found: list[bool], weight: float) -> bool:
    """Whether `weight` of them are in, within five standard deviations."""
    wanted = weight * len(found)
    return abs(sum(found) - wanted) <= 5 * math.sqrt(wanted * (1 - weight))


@guards(
    "test_the_bake_is_long_enough",
    sent="bake_requests(…) for other shares and certainties.",
    saw="a number that is too small, or not the smallest.",
    expected="the smallest number that is enough, each time.",
    look="what your function is built on: the formula, or the examples.",
)
def test_other_bakes(functions: Functions, seeded: random.Random) -> None:
    cases = [
        [round(seeded.uniform(0.001, 0.9), 3), round(seeded.uniform(0.5, 0.999), 3)]
        for _ in range(60)
    ]
    for (share, certainty), call in zip(
        cases, functions.calls("bake_requests", cases), strict=True
    ):
        n = call.value
        require(isinstance(n, int | float) and not isinstance(n, bool))
        require(1 <= n <= 1e6 and n == round(n))
        # A hair's breadth, for floats that round.
        require(1 - (1 - share) ** n >= certainty - 1e-9)
        require(n == 1 or 1 - (1 - share) ** (n - 1) < certainty + 1e-9)


LOOKS = 60


def bad(rng: random.Random, number: int) -> SimulatedRollout:
    trigger, chance = rng.randint(20, 50), (number // 3 + rng.random()) / 34
    pulled_by = math.ceil(math.log(1 - 0.985 * chance) / math.log(1 - 1 / trigger))
    extra, pulled_by = [(1.0, 0), (rng.uniform(0.1, 0.4), 0), (1.0, pulled_by)][
        number % 3
    ]
    base = rng.uniform(0.002, 0.02)
    return SimulatedRollout("bad", *traffic(rng), base, extra, pulled_by=pulled_by)


def good(rng: random.Random, number: int) -> SimulatedRollout:
    begins = rng.randint(1, 30)
    ends, share = begins + rng.randint(5, 40), rng.uniform(0.05, 0.3)
    trouble, share = ((begins, ends), share) if number % 2 else ((0, 0), 0.0)
    base = rng.uniform(0.002, 0.02)
    return SimulatedRollout("good", *traffic(rng), base, 0.0, 0, trouble, share)


def traffic(rng: random.Random) -> tuple[float, float]:
    weight = rng.choice([0.05, 0.1])
    return rng.uniform(7.5, 12.5) / weight, weight


# Bars for DRAWN rollouts of each kind, which nobody can have prepared for. They are so
# wide that no gate's score hangs on the seed: of the known right ones, with 40 seeds
# each, none promoted a bad release or sent back more than one good; at most 11 requests
# were hurt.
DRAWN = 60
MOST_WRONG, MOST_HURT = 9, 60.0


@dataclass
class Ends:
    """How rollouts end, and how many requests had failed at the canary."""

    bad: list[tuple[Decision, int]] = field(default_factory=list)
    good: list[tuple[Decision, int]] = field(default_factory=list)

    def promoted(self) -> int:
        """How many bad releases were promoted."""
        return sum(decision == "promote" for decision, _ in self.bad)

    def refused(self) -> int:
        """How many good releases went back."""
        return sum(decision == "roll back" for decision, _ in self.good)

    def hurt(self) -> float:
        """Failed requests per bad release that went back; infinite if too few did."""
        back = [failed for decision, failed in self.bad if decision == "roll back"]
        return sum(back) / len(back) if len(back) >= 0.6 * len(self.bad) else math.inf


Rollout = tuple[Callable[[random.Random, int], SimulatedRollout], int, str]


def for_everybody() -> list[Rollout]:
    """100 rollouts of each kind, which are always the same."""
    return [
        (make, number, f"other {make.__name__} {number}")
        for make in (bad, good)
        for number in range(100)
    ]


def drawn_from(rng: random.Random) -> list[Rollout]:
    """DRAWN rollouts of each kind."""
    return [
        (make, rng.randrange(100), f"{rng.getrandbits(64)}")
        for make in (bad, good)
        for _ in range(DRAWN)
    ]


def play(ask: Callable[..., Call], rollout: Rollout, ends: Ends) -> None:
    """Play one rollout with the gate that is asked, and note its end in `ends`."""

    def gate(control: dict[str, int], canary: dict[str, int]) -> Decision:
        decision = ask(control, canary).value
        require(decision in ("promote", "roll back", "wait"))
        return decision  # type: ignore[no-any-return]  # one of the three

    make, number, seed = rollout
    rng = random.Random(seed)
    look = make(rng, number).decided(gate, rng, LOOKS)
    getattr(ends, make.__name__).append((look.decision, look.canary.failed))


@pytest.fixture(scope="module")
def ends(functions: Functions, seeded: random.Random) -> tuple[Ends, Ends]:
    """Those of the rollouts for everybody, and of drawn ones; they come mixed."""
    same, drawn = Ends(), Ends()
    mixed = [
        *((rollout, same) for rollout in for_everybody()),
        *((rollout, drawn) for rollout in drawn_from(seeded)),
    ]
    seeded.shuffle(mixed)
    with functions.conversation("gate", 30.0) as ask:
        for rollout, found in mixed:
            play(ask, rollout, found)
    return same, drawn


@guards(
    "test_bad_releases_go_back",
    sent="100 rollouts of other bad releases.",
    saw="too many of them promoted.",
    expected="at most 3.",
    look="what your gate looks at when it promotes.",
)
def test_other_bad_releases(ends: tuple[Ends, Ends]) -> None:
    same, drawn = ends
    require(same.promoted() <= 3 and drawn.promoted() <= MOST_WRONG)


@guards(
    "test_few_requests_are_hurt",
    sent="rollouts of other bad releases.",
    saw="too many requests failed before they went back.",
    expected="at most 40 on average.",
    look="what your gate could have known earlier.",
)
def test_others_hurt_few(ends: tuple[Ends, Ends]) -> None:
    same, drawn = ends
    require(same.hurt() <= 40 and drawn.hurt() <= MOST_HURT)


@guards(
    "test_good_releases_are_promoted",
    sent="100 rollouts of other good releases.",
    saw="too many of them rolled back.",
    expected="at most 5.",
    look="with what your gate compares the canary.",
)
def test_other_good_releases(ends: tuple[Ends, Ends]) -> None:
    same, drawn = ends
    require(same.refused() <= 5 and drawn.refused() <= MOST_WRONG)


@guards(
    "test_the_gate_knows_the_plain_cases",
    sent="gate(…) in other plain cases.",
    saw="a decision that the counts do not support.",
    expected="the same reasons as in the cases above.",
    look="what your gate is built on: the counts, or the examples.",
)
def test_other_plain_cases(functions: Functions, seeded: random.Random) -> None:
    cases: list[tuple[list[dict[str, int]], str]] = []
    for _ in range(30):
        requests = seeded.randint(18_000, 40_000)
        usual = seeded.randint(0, requests // 20)
        arm = {"requests": requests, "failed": usual}
        n, early = seeded.randint(600, 2000), seeded.randint(20, 227)
        dead = {"requests": n, "failed": n - seeded.randint(0, n // 4)}
        few = {"requests": seeded.randint(1, 4), "failed": seeded.randint(0, 1)}
        cases += [
            ([arm, {"requests": n, "failed": round(n * usual / requests)}], "promote"),
            ([arm, dead], "roll back"),
            ([arm, few], "wait"),
            ([arm, {"requests": early, "failed": early * usual // requests}], "wait"),
        ]
    # One request too few, whatever was drawn.
    cases.append(
        ([{"requests": 4313, "failed": 3}, {"requests": 227, "failed": 0}], "wait")
    )
    seeded.shuffle(cases)
    calls = functions.calls("gate", [arms for arms, _ in cases])
    require([call.value for call in calls] == [wanted for _, wanted in cases])
