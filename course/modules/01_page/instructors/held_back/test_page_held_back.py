"""The same promises on random telemetry.

Nothing here may reach a learner: see course/modules/README.md.
"""

import random
from typing import Any

from autograder.instruments.expect import close, guards, require
from autograder.instruments.functions import Functions

Try = dict[str, Any]

FAILURES = {"server_error", "reset", "timeout"}
OUTCOMES = ("ok", "ok", "client_error", *FAILURES)


def tries(rng: random.Random) -> list[Try]:
    """Some requests with their retries, in the order in which the tries ended.

    All times are multiples of 1/8 s, which floats hold exactly: done - due <= 1 and
    done <= due + 1 are both right, and of 0.1 s more they differ by rounding.
    """
    made = []
    for _ in range(rng.randint(0, 60)):
        due = rng.randint(0, 160) / 8
        number = rng.randint(1, 3)
        for n in range(1, number + 1):
            outcome = rng.choice(OUTCOMES) if n == number else rng.choice([*FAILURES])
            late = rng.choice([0.125, 0.375, 1.0])
            made.append(
                {
                    "due": due,
                    "done": due + n * late,
                    "outcome": outcome,
                    "last": n == number,
                    "malformed": rng.random() < 0.2,
                }
            )
    return sorted(made, key=lambda t: t["done"])


def served(data: list[Try], since: float, until: float) -> float | None:
    """Availability, computed from its definition."""
    ends = [
        t["outcome"] == "ok" and t["done"] - t["due"] <= 1.0
        for t in data
        if t["last"] and not t["malformed"] and since <= t["due"] < until
    ]
    return sum(ends) / len(ends) if ends else None


def failed(data: list[Try], since: float, until: float) -> float:
    """The error share, 0 where nothing ended."""
    ends = [t["outcome"] in FAILURES for t in data if since < t["done"] <= until]
    return sum(ends) / len(ends) if ends else 0.0


def windows(rng: random.Random) -> list[tuple[list[Try], float, float]]:
    """Random telemetry with windows whose ends often fall on a record."""
    made = []
    for _ in range(25):
        since = float(rng.randint(0, 18))
        made.append((tries(rng), since, since + rng.choice([0.5, 1, 4, 20])))
    return made


@guards(
    "test_availability_counts_requests",
    sent="availability(…) for random telemetry, in 25 windows.",
    saw="not every result was right.",
    expected="the definition above the cell, to the letter.",
    look="each of its words: well-formed, due, once, ok, at most, None.",
)
def test_availability_of_random_telemetry(
    functions: Functions, seeded: random.Random
) -> None:
    cases = windows(seeded)
    calls = functions.calls("availability", cases)
    require(all(close(c.value, served(*a)) for a, c in zip(cases, calls, strict=True)))


@guards(
    "test_burn_rate",
    sent="burn_rate(…) for random telemetry and objectives, in 25 windows.",
    saw="not every result was right.",
    expected="the error share of the worked example, over what the objective allows.",
    look="how your function differs from the worked example.",
)
def test_burn_rate_of_random_telemetry(
    functions: Functions, seeded: random.Random
) -> None:
    cases = [(*w, seeded.choice([0.9, 0.99, 0.995, 0.9995])) for w in windows(seeded)]
    calls = functions.calls("burn_rate", cases)
    require(
        all(
            close(call.value, failed(data, since, until) / (1 - objective))
            for (data, since, until, objective), call in zip(cases, calls, strict=True)
        )
    )


@guards(
    "test_budget_spent",
    sent="budget_spent(…) for other outages, objectives and periods.",
    saw="not every result was right.",
    expected="minutes down over minutes allowed.",
    look="which of the three arguments your result depends on.",
)
def test_other_budgets(functions: Functions, seeded: random.Random) -> None:
    cases = [
        (
            seeded.randint(1, 600),
            seeded.choice([0.9, 0.995, 0.9999]),
            seeded.choice([7, 28, 90, 365]),
        )
        for _ in range(20)
    ]
    calls = functions.calls("budget_spent", cases)
    require(
        all(
            close(call.value, down / (days * 1440 * (1 - objective)))
            for (down, objective, days), call in zip(cases, calls, strict=True)
        )
    )
