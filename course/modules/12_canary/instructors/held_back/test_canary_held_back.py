"""Other users, other shares, other rollouts.

Nothing here may reach a learner: see course/modules/README.md.
"""

import itertools
import math
import random

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions
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
    weights = sorted(round(seeded.random(), 3) for _ in range(4))
    cases = [[salt, release, weight, users] for salt in (1, 2) for weight in weights]
    found = [call.value for call in functions.calls("in_canary", cases, through=SLICES)]
    require(all(isinstance(each, list) for each in found))
    require(found[: len(weights)] == found[len(weights) :])
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
    pair = [f"2024-{n:02}" for n in seeded.sample(range(1, 13), 2)]
    weight = round(seeded.uniform(0.1, 0.5), 3)
    cases = [[0, release, weight, users] for release in pair]
    found = [call.value for call in functions.calls("in_canary", cases, through=SLICES)]
    require(all(isinstance(each, list) for each in found))
    wanted = weight * len(users)
    bound = 5 * math.sqrt(wanted * (1 - weight))
    require(all(abs(sum(each) - wanted) <= bound for each in found))
    both = sum(a and b for a, b in zip(*found, strict=True))
    require(abs(both - wanted * weight) <= 5 * math.sqrt(wanted))


@guards(
    "test_the_bake_is_long_enough",
    sent="bake_requests(…) for other shares and certainties.",
    saw="not each the smallest number that is enough.",
    expected="for each the smallest that is.",
    look="what your function goes by: the formula, or the examples.",
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
        require(isinstance(n, int | float) and n == round(n) and n >= 1)
        # A hair's breadth, for floats that round.
        require(1 - (1 - share) ** n >= certainty - 1e-9)
        require(n == 1 or 1 - (1 - share) ** (n - 1) < certainty + 1e-9)


LOOKS = 60


def bad(rng: random.Random) -> SimulatedRollout:
    extra, trigger = rng.choice(
        [(1.0, 0), (rng.uniform(0.1, 0.4), 0), (1.0, rng.randint(20, 50))]
    )
    return SimulatedRollout(
        "bad", *traffic(rng), rng.uniform(0.002, 0.02), extra, trigger
    )


def good(rng: random.Random) -> SimulatedRollout:
    begins = rng.randint(1, 30)
    trouble, share = rng.choice(
        [((0, 0), 0.0), ((begins, begins + rng.randint(5, 40)), rng.uniform(0.05, 0.3))]
    )
    base = rng.uniform(0.002, 0.02)
    return SimulatedRollout("good", *traffic(rng), base, 0.0, 0, trouble, share)


def traffic(rng: random.Random) -> tuple[float, float]:
    weight = rng.choice([0.05, 0.1])
    return rng.uniform(7.5, 12.5) / weight, weight


def ends(
    functions: Functions, rng: random.Random, drawn: list[SimulatedRollout]
) -> list[tuple[Decision, int]]:
    """How each rollout ends, and how many requests had failed at the canary."""
    with functions.conversation("gate", 20.0) as ask:

        def gate(control: dict[str, int], canary: dict[str, int]) -> Decision:
            decision = ask(control, canary).value
            require(decision in ("promote", "roll back", "wait"))
            return decision  # type: ignore[no-any-return]  # one of the three

        looks = [each.decided(gate, rng, LOOKS) for each in drawn]
    return [(look.decision, look.canary.failed) for look in looks]


@guards(
    "test_bad_releases_go_back",
    sent="100 rollouts of other bad releases.",
    saw="too many of them promoted.",
    expected="at most 3.",
    look="what your gate goes by when it promotes.",
)
def test_other_bad_releases(functions: Functions, seeded: random.Random) -> None:
    told = ends(functions, seeded, [bad(seeded) for _ in range(100)])
    require(sum(decision == "promote" for decision, _ in told) <= 3)


@guards(
    "test_few_requests_are_hurt",
    sent="rollouts of other bad releases.",
    saw="too many requests that failed before they went back.",
    expected="at most 40 on average.",
    look="what your gate could have known earlier.",
)
def test_others_hurt_few(functions: Functions, seeded: random.Random) -> None:
    told = ends(functions, seeded, [bad(seeded) for _ in range(100)])
    back = [failed for decision, failed in told if decision == "roll back"]
    require(len(back) > 0 and sum(back) <= 40 * len(back))


@guards(
    "test_good_releases_are_promoted",
    sent="100 rollouts of other good releases.",
    saw="too many of them rolled back.",
    expected="at most 5.",
    look="with what your gate compares the canary.",
)
def test_other_good_releases(functions: Functions, seeded: random.Random) -> None:
    told = ends(functions, seeded, [good(seeded) for _ in range(100)])
    require(sum(decision == "roll back" for decision, _ in told) <= 5)


@guards(
    "test_the_gate_knows_the_plain_cases",
    sent="gate(…) in other plain cases.",
    saw="a decision that its counts do not bear out.",
    expected="the same reasons as in the cases above.",
    look="what your gate goes by: the counts, or the examples.",
)
def test_other_plain_cases(functions: Functions, seeded: random.Random) -> None:
    cases, wanted = [], []
    for _ in range(30):
        requests = seeded.randint(4000, 20_000)
        usual = seeded.randint(0, requests // 20)
        arm = {"requests": requests, "failed": usual}
        n = seeded.randint(600, 2000)
        like = {"requests": n, "failed": round(n * usual / requests)}
        dead = {"requests": n, "failed": n - seeded.randint(0, n // 4)}
        few = {"requests": seeded.randint(1, 4), "failed": seeded.randint(0, 1)}
        cases += [[arm, canary] for canary in (like, dead, few)]
        wanted += ["promote", "roll back", "wait"]
    require([call.value for call in functions.calls("gate", cases)] == wanted)
