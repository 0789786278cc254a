"""A hash, a formula, and a gate: on plain cases, 200 drawn rollouts and a real one.

The rollouts are drawn here, one look after another, and the gate is asked through a
pipe: it learns of each look what an engineer would, and of the next one nothing.
"""

import itertools
import math
import operator
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

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

COUNT, MANY = 4000, 20_000
# Small ones among them, which are no whole percents: only many users show their size.
WEIGHTS = (0, 0.005, 0.015, 0.05, 0.25, 0.6, 1)
RELEASES = ("june", "july", "august", "september")

# Elsewhere text is hashed with another salt, and it is another day. The users are asked
# about in the order that `stride` makes; the result is a text of 0s and 1s.
ELSEWHERE = """
import datetime
import time

real_time, real_datetime = time.time, datetime.datetime
elsewhere = 0


def now():
    return real_time() + 40 * 86_400 * elsewhere


class Datetime(real_datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now(), tz)

    today = utcnow = now


def through(in_canary, salt, release, weight, count, stride):
    global elsewhere
    elsewhere = salt
    names = getattr(getattr(in_canary, "__wrapped__", in_canary), "__globals__", {})
    before = dict(names)
    names["hash"] = lambda value: hash((salt, value)) if salt else hash(value)
    for name, value in before.items():
        if value is real_time:
            names[name] = now
        elif value is real_datetime:
            names[name] = Datetime
    time.time, datetime.datetime = now, Datetime
    try:
        found = ["0"] * count
        for at in range(count):
            number = at * stride % count
            found[number] = str(int(bool(in_canary(f"user-{number}", release, weight))))
        return "".join(found)
    finally:
        time.time, datetime.datetime = real_time, real_datetime
        names.pop("hash")
        names.update(before)
"""


def slices(
    functions: Functions, asked: Sequence[tuple[int, str, float, int, int]]
) -> list[list[bool]]:
    """For each salt, release, weight, number of users, and order: who of them is in.

    Raises Unmet.
    """
    calls = functions.calls("in_canary", asked, through=ELSEWHERE)
    for (_, release, weight, count, _), call in zip(asked, calls, strict=True):
        if call.ended != "returned":
            raise Unmet(
                sent=f'in_canary(user, "{release}", {weight}) for {count} users.',
                saw=f"{call}.",
                expected="True or False.",
            )
    return [[each == "1" for each in call.value] for call in calls]


@check("The slice is the same everywhere, and only grows", points=1)
def test_the_slice_is_sticky(functions: Functions, seeded: random.Random) -> None:
    # Numbers that divide no count of users: each user is asked about once.
    order, another = seeded.sample([7, 11, 13, 17, 19, 23], 2)
    mixed = seeded.sample(WEIGHTS, len(WEIGHTS))
    asked = [(0, "june", weight, COUNT, order) for weight in (0.25, *mixed)]
    here, *grown = slices(functions, asked)
    [elsewhere] = slices(functions, [(1, "june", 0.25, COUNT, another)])
    for there, where in (
        (grown[mixed.index(0.25)], "twice in one process"),
        (elsewhere, "in two processes, in another order, on another day"),
    ):
        if differ := sum(a != b for a, b in zip(here, there, strict=True)):
            raise Unmet(
                sent=f'in_canary(user, "june", 0.25) for {COUNT} users, {where}.',
                saw=f"another answer for {differ} of them.",
                expected="the same answers, always.",
                look="what your function depends on besides its arguments.",
            )
    by_weight = dict(sorted(zip(mixed, grown, strict=True)))
    for (small, smaller), (large, larger) in itertools.pairwise(by_weight.items()):
        lost = sum(a and not b for a, b in zip(smaller, larger, strict=True))
        if lost:
            raise Unmet(
                sent=f"in_canary(…) for the same users and release, at {small} and at"
                f" {large}.",
                saw=f"{lost} users were in the slice before it grew and are not after.",
                expected="whoever has the release keeps it.",
                look="how the weight enters: it should be compared with, not mixed in.",
            )


@check("The slice has its size, and other users for another release", points=1)
def test_the_slice_has_its_size(functions: Functions, seeded: random.Random) -> None:
    asked = [
        (0, release, weight, MANY if 0 < weight < 0.02 else COUNT, 1)
        for release, weight in (
            *(("june", weight) for weight in WEIGHTS),
            *((release, 0.25) for release in RELEASES[1:]),
        )
    ]
    seeded.shuffle(asked)
    found = dict(zip(asked, slices(functions, asked), strict=True))
    for (_, release, weight, count, _), users in sorted(found.items()):
        size, wanted = sum(users), weight * count
        # Five standard deviations: at 0 and at 1, none.
        if abs(size - wanted) > 5 * math.sqrt(wanted * (1 - weight)):
            raise Unmet(
                sent=f'in_canary(user, "{release}", {weight}) for {count} users.',
                saw=f"{size} are in the slice.",
                expected=f"{wanted:.0f}, give or take chance.",
                look="whether your numbers are spread evenly between 0 and 1, even for"
                " ids that differ in one digit; and how finely they are divided.",
            )
    quarters = {asked[1]: users for asked, users in found.items() if asked[2] == 0.25}
    for one, other in itertools.combinations(RELEASES, 2):
        both = sum(map(operator.and_, quarters[one], quarters[other]))
        wanted = COUNT / 16
        if abs(both - wanted) > 5 * math.sqrt(wanted):
            raise Unmet(
                sent=f'in_canary(…) for {COUNT} users and two releases, "{one}" and'
                f' "{other}", 25% each.',
                saw=f"{both} of the {sum(quarters[one])} users of one are in both.",
                expected="about a quarter of them, as if drawn anew.",
                look="how the release enters, and who would get every bad one.",
            )


# The first three stand in the task.
BAKES: list[tuple[float, float]] = [
    (0.5, 0.75),
    (0.01, 0.95),
    (1, 0.9),
    (1, 0.999),
    (0.5, 0.76),
    (0.02, 0.99),
    (0.02, 0.5),
    (0.05, 0.95),
    (0.3, 0.99),
    (0.9, 0.5),
    (0.9, 0.05),
    (0.001, 0.95),
    (0.001, 0.999),
    (0.0001, 0.9),
]


@check("The silence of so many requests means something", points=1)
def test_the_bake_is_long_enough(functions: Functions, seeded: random.Random) -> None:
    drawn = seeded.sample(BAKES, len(BAKES))
    told = dict(zip(drawn, functions.calls("bake_requests", drawn), strict=True))
    for share, certainty in BAKES:
        call = told[share, certainty]
        right = smallest(share, certainty)
        value = call.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            value = None
        if value != right:
            raise Unmet(
                sent=f"bake_requests({share}, {certainty}).",
                saw=f"{call}.",
                expected=f"{right}.",
                look="how likely it is that so many requests have all missed the"
                " trigger, and which way to round.",
            )


def smallest(share: float, certainty: float) -> int:
    """Return the smallest number of requests that is enough, computed in fractions."""
    missed, may_miss = 1 - Fraction(str(share)), 1 - Fraction(str(certainty))
    if not missed:
        return 1
    guess = max(1, math.floor(math.log(may_miss) / math.log(missed)) - 1)
    return next(n for n in itertools.count(guess) if missed**n <= may_miss)


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

BAKED = (
    "how many requests it takes until one in fifty has come with a certainty of 99%."
)

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
        "nothing has been counted at control yet",
        (0, 0),
        (3, 0),
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
        "the first request has failed at the canary",
        (21, 0),
        (1, 1),
        "wait",
        "how many requests a share of 100% is made of.",
    ),
    (
        "ten requests, none of them failed",
        (190, 2),
        (10, 0),
        "wait",
        BAKED,
    ),
    (
        "120 requests, none of them failed",
        (2280, 0),
        (120, 0),
        "wait",
        BAKED,
    ),
    (
        "227 requests, none of them failed",
        (4313, 9),
        (227, 0),
        "wait",
        BAKED,
    ),
    (
        "200 requests that fail as often as at control",
        (1800, 36),
        (200, 4),
        "wait",
        BAKED,
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
        "2% fail at both",
        (4500, 90),
        (500, 10),
        "promote",
        "with what the canary's share is compared, and what you wait for.",
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
def test_the_gate_knows_the_plain_cases(gate: Gate, seeded: random.Random) -> None:
    arms = {
        case: [
            {"requests": count, "failed": failed}
            for count, failed in (case[1], case[2])
        ]
        for case in CASES
    }
    decided = {case: gate(*arms[case]) for case in seeded.sample(CASES, len(CASES))}
    for case in CASES:
        what, _, _, expected, look = case
        if decided[case] != expected:
            raise Unmet(
                sent=f"gate({arms[case][0]}, {arms[case][1]}): {what}.",
                saw=f"it returned {decided[case]!r}.",
                expected=f"{expected!r}.",
                look=look,
            )


LOOKS = 60
BAD, GOOD = 3, 5
HURT, BACK = 40.0, 60
# In looks: until somebody notices that everybody has a bad release.
NOTICED_AFTER_LOOKS = 10
DEADLY_KIND = "deadly, one request in fifty"


def bad_release(rng: random.Random, number: int) -> SimulatedRollout:
    """The bad releases, one sort after another."""
    sorts: list[tuple[str, float]] = [
        ("fails every request", 1.0),
        ("fails one in five", 0.2),
        ("fails one in ten", 0.1),
        (DEADLY_KIND, 1.0),
    ]
    kind, extra = sorts[number % len(sorts)]
    pulled_by = 0
    if kind == DEADLY_KIND:
        # Evenly over all but the last of what chance brings: nobody sees that in time.
        pulled_by = pulled(50, (number // 4 + rng.random()) / 25)
    base = rng.choice([0.002, 0.01, 0.02])
    return SimulatedRollout(kind, *_traffic(rng), base, extra, pulled_by=pulled_by)


def pulled(trigger: int, chance: float) -> int:
    """Return which request pulls a trigger that one in so many pulls, by `chance`."""
    return math.ceil(math.log(1 - 0.985 * chance) / math.log(1 - 1 / trigger))


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

    def hurt(self, kind: str = "") -> float:
        """The requests that failed at the canary, per release that went back."""
        failed = [
            look.canary.failed
            for drawn, look in self.rollouts
            if look.decision == "roll back" and drawn.kind.startswith(kind)
        ]
        return sum(failed) / max(1, len(failed))


@pytest.fixture(scope="module")
def rollouts(functions: Functions, seeded: random.Random) -> dict[bool, Played]:
    """100 rollouts of bad releases (True) and 100 of good ones, in drawn order.

    The rollouts are the same for everybody: equal gates are judged equally.
    """
    numbers = [(bad, number) for bad in (True, False) for number in range(100)]
    played: dict[bool, Played] = {True: Played([]), False: Played([])}
    with functions.conversation("gate", ASKED_WITHIN_S) as ask:
        for bad, number in seeded.sample(numbers, len(numbers)):
            rng = random.Random(f"{bad} {number}")
            drawn = (bad_release if bad else good_release)(rng, number)
            look = drawn.decided(Gate(ask), rng, LOOKS)
            played[bad].rollouts.append((drawn, look))
    return played


PROMOTED = {
    "fails every request": "what your gate asks about failures before it promotes.",
    "fails one in five": "which two shares your gate compares before it promotes.",
    "fails one in ten": "whether your gate promotes while it cannot tell yet.",
    DEADLY_KIND: BAKED,
}
ROLLED_BACK = {
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
            saw=f"{wrong.total()} were promoted: {_kinds(wrong)}. Before anybody"
            f" noticed, about {lost:,.0f} requests of all users would have failed.",
            expected=f"at most {BAD}.",
            look=PROMOTED[wrong.most_common(1)[0][0]],
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
            " at the last look.",
            expected=f"at most {GOOD}.",
            look=ROLLED_BACK[wrong.most_common(1)[0][0]],
        )


def _kinds(wrong: Counter[str]) -> str:
    return ", ".join(f"{count} × “{kind}”" for kind, count in wrong.most_common())


@check("Few requests are hurt before a bad release goes back", points=1)
def test_few_requests_are_hurt(rollouts: dict[bool, Played]) -> None:
    played = rollouts[True]
    back = played.wrong("roll back")
    if back.total() < BACK:
        raise Unmet(
            sent="100 rollouts of bad releases, up to 60 looks each.",
            saw=f"only {back.total()} went back.",
            expected=f"at least {BACK}, before it means anything what they cost.",
            look="which bad releases your gate does not send back.",
        )
    if not played.hurt() <= HURT:
        costs = {kind: played.hurt(kind) for kind in back}
        raise Unmet(
            sent="100 rollouts of bad releases, up to 60 looks each.",
            saw=f"before they went back, {played.hurt():.0f} requests failed at the"
            " canary, on average: "
            + ", ".join(f"{cost:.0f} by “{kind}”" for kind, cost in costs.items())
            + ".",
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
            expected="“roll back”, or “wait” for a little longer.",
            look="what your gate looks at before it promotes.",
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
