"""The same promises on random measurements.

Nothing here may reach a learner: see course/modules/README.md.
"""

import random
import statistics
from typing import Any

from autograder.instruments.expect import close, guards, require
from autograder.instruments.functions import Functions

WITHIN_S = 0.5
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
        names = seeded.sample("klmnopqr", seeded.randint(0, 8))
        tests = [
            {
                "name": name,
                "minutes": seeded.choice([1, 2, 4, 8]),
                "refutes": seeded.sample("abcdefg", seeded.randint(0, 4)),
            }
            for name in names
        ]
        cases.append([tests, hypotheses])
    calls = functions.calls("plan", cases)
    require(all(c.value == greedy(*case) for case, c in zip(cases, calls, strict=True)))


def quiet_replica(
    rng: random.Random, clear: bool
) -> tuple[list[dict[str, Any]], list[float]]:
    """Requests and deaths with one deadly feature.

    All times are eighths of a second. Unless the picture is `clear`, there are other
    deaths as well, many are at an end of the time in which they count, and many follow
    two requests.
    """
    kind = rng.choice(sorted(VALUES))
    culprit = f"{kind} {rng.choice(VALUES[kind])}"
    requests, deaths, t = [], set(), 1.0
    for _ in range(120):
        t += rng.randint(8, 12) / 8 if clear else rng.randint(1, 8) / 8
        found = [f"{name} {rng.choice(values)}" for name, values in VALUES.items()]
        rng.shuffle(found)
        requests.append({"t": t, "features": found})
        if culprit in found and rng.random() < 0.9:
            deaths.add(t + rng.randint(1, 3 if clear else 4) / 8)
        elif not clear and rng.random() < 0.1:
            deaths.add(t + rng.randint(-1, 5) / 8)
    return requests, sorted(deaths)


def shares(requests: list[dict[str, Any]], deaths: list[float]) -> dict[str, float]:
    """The share of each frequent feature's requests that a death follows."""
    followed: dict[str, list[bool]] = {}
    for request in requests:
        t = request["t"]
        for feature in request["features"]:
            hit = any(t < death <= t + WITHIN_S for death in deaths)
            followed.setdefault(feature, []).append(hit)
    return {
        name: sum(hits) / len(hits)
        for name, hits in followed.items()
        if len(hits) >= AT_LEAST
    }


def suspected(
    functions: Functions, rng: random.Random, rare: dict[str, Any] | None = None
) -> bool:
    """Whether the suspect is found in eight replicas, in which nobody else is close.

    `rare` is a request that is sent at the end of clear pictures, with a death behind.
    """
    cases: list[Any] = []
    right = []
    while len(cases) < 8:
        requests, deaths = quiet_replica(rng, clear=rare is not None)
        if rare:
            requests.append(rare)
            deaths.append(rare["t"] + 0.125)
        ranked = sorted(
            (share, name) for name, share in shares(requests, deaths).items()
        )
        if ranked[-1][0] - ranked[-2][0] > 0.01:
            cases.append([requests, deaths, WITHIN_S, AT_LEAST])
            right.append(ranked[-1][1])
    return [call.value for call in functions.calls("suspect", cases)] == right


@guards(
    "test_the_suspect",
    sent="suspect(…) for quiet replicas with another deadly feature each.",
    saw="not every one of them was named.",
    expected="the feature whose requests are followed by a death most often, as a"
    " share.",
    look="how your function decides that a request was followed by a death.",
)
def test_other_suspects(functions: Functions, seeded: random.Random) -> None:
    require(suspected(functions, seeded))


@guards(
    "test_no_suspect_by_chance",
    sent="suspect(…) for quiet replicas where chance had a hand.",
    saw="not every suspect was the right one.",
    expected="nothing with fewer than `at_least` requests.",
    look="when in your function rare features are left out.",
)
def test_other_chances(functions: Functions, seeded: random.Random) -> None:
    rare = {"t": 500.0, "features": ["batch 31337"]}
    require(suspected(functions, seeded, rare))
