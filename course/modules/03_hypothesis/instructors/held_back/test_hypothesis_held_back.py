"""The same promises on random measurements.

Nothing here may reach a learner: see course/modules/README.md.
"""

import random
import statistics
from typing import Any

from autograder.instruments.expect import close, guards, require
from autograder.instruments.functions import Functions

WITHIN_S = 0.4
AT_LEAST = 10
VALUES = {
    "method": ["GET", "PUT", "DELETE"],
    "region": ["eu", "us", "ap"],
    "client": ["web", "ios", "batch", "partner"],
    "zone": ["a", "b"],
}


@guards(
    "test_slowdown",
    sent="slowdown(…) for random probes.",
    saw="not every result was right.",
    expected="the median from `since` on, over the median before, with failed queries"
    " as TIMEOUT_MS.",
    look="even and odd numbers of probes, and the two ends.",
)
def test_slowdown_of_random_probes(functions: Functions, seeded: random.Random) -> None:
    cases: list[Any] = []
    for _ in range(20):
        data = [
            {"t": float(t), "ms": seeded.choice([None, *[seeded.uniform(0.1, 9)] * 6])}
            for t in range(seeded.randint(4, 30))
        ]
        cases.append([data, float(seeded.randint(1, len(data) - 1))])
    calls = functions.calls("slowdown", cases)
    for (data, since), call in zip(cases, calls, strict=True):
        before, during = (
            [p["ms"] or 5000.0 for p in data if (p["t"] >= since) == late]
            for late in (False, True)
        )
        require(
            close(call.value, statistics.median(during) / statistics.median(before))
        )


def greedy(tests: list[dict[str, Any]], hypotheses: list[str]) -> list[str]:
    """The plan, computed step by step from its definition."""
    undecided, order, left = set(hypotheses), [], list(tests)
    while useful := [t for t in left if undecided & set(t["refutes"])]:
        ranked = sorted(
            useful,
            key=lambda t: (
                -len(undecided & set(t["refutes"])) / t["minutes"],
                t["minutes"],
                tests.index(t),
            ),
        )
        order.append(ranked[0]["name"])
        left.remove(ranked[0])
        undecided -= set(ranked[0]["refutes"])
    return order


@guards(
    "test_plan",
    sent="plan(…) for random tests and hypotheses.",
    saw="not every plan was the greedy one.",
    expected="at each step the best test for what is still open.",
    look="the rule, sentence by sentence: per minute, open, cheaper, listed first.",
)
def test_random_plans(functions: Functions, seeded: random.Random) -> None:
    cases: list[Any] = []
    for _ in range(25):
        hypotheses = list("abcdef")[: seeded.randint(1, 6)]
        tests = [
            {
                "name": f"t{n}",
                "minutes": seeded.choice([1, 2, 4, 8]),
                "refutes": seeded.sample("abcdefg", seeded.randint(0, 4)),
            }
            for n in range(seeded.randint(0, 8))
        ]
        cases.append([tests, hypotheses])
    calls = functions.calls("plan", cases)
    require(all(c.value == greedy(*case) for case, c in zip(cases, calls, strict=True)))


def quiet_replica(
    rng: random.Random, rare: bool
) -> tuple[list[dict[str, Any]], list[float], str]:
    """Requests and deaths with one deadly feature; the deaths are never quite alone.

    If `rare`, a death happens to follow a request with a feature that is unique.
    """
    kind = rng.choice(sorted(VALUES))
    culprit = f"{kind} {rng.choice(VALUES[kind])}"
    requests, deaths, t = [], [], 0.0
    for _ in range(200):
        t += rng.uniform(0.5, 0.9)
        found = [f"{name} {rng.choice(values)}" for name, values in VALUES.items()]
        rng.shuffle(found)
        requests.append({"t": round(t, 3), "features": found})
        if culprit in found and rng.random() < 0.9:
            deaths.append(round(t + rng.uniform(0.01, 0.35), 3))
        elif rng.random() < 0.03:
            deaths.append(round(t + 0.1, 3))
    if rare:
        requests.append({"t": 500.0, "features": ["batch 31337"]})
        deaths.append(500.1)
    return requests, deaths, culprit


@guards(
    "test_the_suspect",
    sent="suspect(…) for quiet replicas with another deadly feature each.",
    saw="not every one was named.",
    expected="the feature whose requests are followed by a death most often, as a"
    " share.",
    look="how your function decides that a request was followed by a death.",
)
def test_other_suspects(functions: Functions, seeded: random.Random) -> None:
    cases = [quiet_replica(seeded, rare=False) for _ in range(8)]
    arguments = [[r, d, WITHIN_S, AT_LEAST] for r, d, _ in cases]
    calls = functions.calls("suspect", arguments)
    require([call.value for call in calls] == [culprit for _, _, culprit in cases])


@guards(
    "test_no_suspect_by_chance",
    sent="suspect(…) for quiet replicas where chance had a hand.",
    saw="a feature was named that was there by chance.",
    expected="nothing with fewer than `at_least` requests.",
    look="when in your function rare features are left out.",
)
def test_other_chances(functions: Functions, seeded: random.Random) -> None:
    cases = [quiet_replica(seeded, rare=True) for _ in range(8)]
    arguments = [[r, d, WITHIN_S, AT_LEAST] for r, d, _ in cases]
    calls = functions.calls("suspect", arguments)
    require([call.value for call in calls] == [culprit for _, _, culprit in cases])
