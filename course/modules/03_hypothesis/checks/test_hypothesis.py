"""Functions over measurements: small cases, and the recorded outage."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.instruments.expect import Unmet, check, close
from autograder.instruments.functions import Call, Functions
from course.outage.incident.desk import QUESTIONS, Desk
from course.outage.telemetry.recording import june

BUDGET_MIN = 10
HYPOTHESES = ("database", "pool", "overload", "routing")


@dataclass(frozen=True)
class Case:
    """Arguments, what they must give, and where to look if they do not."""

    what: str
    arguments: tuple[Any, ...]
    expected: Any
    look: str


def probes(*pairs: tuple[float, float | None]) -> list[dict[str, float | None]]:
    return [{"t": t, "ms": ms} for t, ms in pairs]


SLOWDOWN = [
    Case(
        "probes of 2 ms before second 10, of 6 ms after it",
        (probes((1, 2), (2, 2), (11, 6), (12, 6)), 10),
        3.0,
        "what is divided by what.",
    ),
    Case(
        "probes that did not change, but for one of 900 ms",
        (probes((1, 2), (2, 2), (3, 2), (11, 2), (12, 900), (13, 2)), 10),
        1.0,
        "the median: one odd probe must not decide.",
    ),
    Case(
        "a probe at exactly second 10, where the outage begins",
        (probes((1, 1), (10, 5)), 10),
        5.0,
        "on which side `since` itself lies.",
    ),
    Case(
        "queries that all failed during the outage",
        (probes((1, 2), (2, 2), (11, None), (12, None)), 10),
        2500.0,
        "what a failed query counts as: TIMEOUT_MS.",
    ),
    Case(
        "no probe before the outage",
        (probes((11, 2)), 10),
        None,
        "what there is to compare with.",
    ),
    Case(
        "no probe during the outage",
        (probes((1, 2)), 10),
        None,
        "what there is to compare.",
    ),
]


def a_test(name: str, minutes: int, *refutes: str) -> dict[str, Any]:
    return {"name": name, "minutes": minutes, "refutes": list(refutes)}


PLAN = [
    Case(
        "a cheap test and a dear one for the same hypothesis",
        ([a_test("dear", 9, "a"), a_test("cheap", 2, "a")], ["a"]),
        ["cheap"],
        "what is open after the first test.",
    ),
    Case(
        "a test for two hypotheses in 4 minutes, and one each in 3",
        (
            [
                a_test("first", 3, "a"),
                a_test("both", 4, "a", "b"),
                a_test("second", 3, "b"),
            ],
            ["a", "b"],
        ),
        ["both"],
        "hypotheses per minute, not minutes alone.",
    ),
    Case(
        "a test that has become nearly useless after the first one",
        (
            [
                a_test("abc", 3, "a", "b", "c"),
                a_test("abd", 4, "a", "b", "d"),
                a_test("d", 2, "d"),
            ],
            ["a", "b", "c", "d"],
        ),
        ["abc", "d"],
        "whether you count what is still open, or all that a test could ever refute.",
    ),
    Case(
        "equally good tests of different price",
        ([a_test("long", 4, "a", "b"), a_test("short", 2, "c")], ["a", "b", "c"]),
        ["short", "long"],
        "what decides between equals: the price.",
    ),
    Case(
        "two tests alike",
        ([a_test("x", 2, "a"), a_test("y", 2, "a")], ["a"]),
        ["x"],
        "what decides between equals of one price: the order of the list.",
    ),
    Case(
        "a test that refutes nothing of what is asked",
        ([a_test("other", 1, "z"), a_test("fit", 5, "a")], ["a"]),
        ["fit"],
        "whether every test in the plan has a purpose.",
    ),
    Case(
        "a hypothesis that no test can refute",
        ([a_test("t", 1, "a")], ["a", "ghosts"]),
        ["t"],
        "when the plan is complete.",
    ),
    Case(
        "no hypotheses", ([a_test("t", 1, "a")], []), [], "when the plan is complete."
    ),
]


def request(t: float, *found: str) -> dict[str, Any]:
    return {"t": t, "features": list(found)}


# One request a second; the third and the sixth are followed by a death.
SIX = [
    request(1, "GET", "eu"),
    request(2, "GET", "us"),
    request(3, "PUT", "eu"),
    request(4, "GET", "us"),
    request(5, "GET", "eu"),
    request(6, "PUT", "us"),
]
SUSPECT = [
    Case(
        "two PUTs, both followed by a death, and four GETs that are not",
        (SIX, [3.1, 6.1], 0.5, 1),
        "PUT",
        "shares rather than counts.",
    ),
    Case(
        "the commonest feature, with the most deaths behind it but a low share",
        (
            [
                *(request(n, "GET") for n in range(20)),
                request(30, "PUT"),
                request(31, "PUT"),
            ],
            [0.1, 1.1, 2.1, 30.1, 31.1],
            0.5,
            2,
        ),
        "PUT",
        "shares rather than counts.",
    ),
    Case(
        "a death before the first request",
        ([request(1, "GET"), request(2, "PUT"), request(3, "PUT")], [0.9, 2.1], 0.5, 1),
        "PUT",
        "what follows: a death after the request, not before it.",
    ),
    Case(
        "deaths that come later than within_s",
        (SIX, [3.9, 6.9], 0.5, 1),
        None,
        "how long after a request a death counts.",
    ),
    Case(
        "two deaths shortly after one request, and one after each of two others",
        (
            [request(1, "a"), request(2, "a"), request(3, "b"), request(4, "b")],
            [1.1, 1.2, 3.1, 4.1],
            0.5,
            1,
        ),
        "b",
        "what is counted: requests that are followed by a death, not deaths.",
    ),
    Case("no death at all", (SIX, [], 0.5, 1), None, "what there is to suspect."),
]
CHANCE = [
    Case(
        "a feature of one single request, which a death happens to follow",
        (
            [*SIX, request(7, "GET", "mars"), request(8, "PUT", "eu")],
            [3.1, 6.1, 7.1],
            0.5,
            2,
        ),
        "PUT",
        "`at_least`: a single request proves nothing.",
    ),
    Case(
        "no feature that is frequent enough",
        (SIX, [3.1], 0.5, 99),
        None,
        "what is left when every feature is rare.",
    ),
]


def require_all(functions: Functions, name: str, cases: Sequence[Case]) -> None:
    """Raise Unmet for the first case whose result is another than expected."""
    calls = functions.calls(name, [case.arguments for case in cases])
    for case, call in zip(cases, calls, strict=True):
        if call.ended != "returned" or not same(call, case.expected):
            raise Unmet(
                sent=f"{name}(…) with {case.what}.",
                saw=f"{call}.",
                expected=repr(case.expected),
                look=case.look,
            )


def same(call: Call, expected: Any) -> bool:
    """Whether the call's value is what was expected; numbers within rounding."""
    if isinstance(expected, float):
        return close(call.value, expected)
    return bool(call.value == expected)


@check("slowdown compares medians, and counts failed queries", points=1.5)
def test_slowdown(functions: Functions) -> None:
    require_all(functions, "slowdown", SLOWDOWN)


@check("slowdown shows that the recorded database is innocent", points=1)
def test_the_recorded_database_is_innocent(functions: Functions) -> None:
    told = june()
    poisoned = min(t.due for t in told.tries if t.malformed)
    data = [{"t": p.t, "ms": p.ms} for p in told.probes]
    before, during = (
        statistics.median(p["ms"] for p in data if (p["t"] >= poisoned) == late)
        for late in (False, True)
    )
    call = functions.call("slowdown", data, poisoned)
    if call.ended != "returned" or not close(call.value, during / before):
        raise Unmet(
            sent=f"slowdown(…) with the {len(data)} probes of the recorded outage.",
            saw=f"{call}.",
            expected=f"{during / before:.2f}: hardly slower.",
            look="what the other check of this function says.",
        )


@check("plan takes the test that refutes most per minute", points=2)
def test_plan(functions: Functions) -> None:
    require_all(functions, "plan", PLAN)


@check("suspect goes by the share of requests that a death follows", points=2.5)
def test_the_suspect(functions: Functions) -> None:
    require_all(functions, "suspect", SUSPECT)


@check("suspect takes no chance for a cause", points=1.5)
def test_no_suspect_by_chance(functions: Functions) -> None:
    require_all(functions, "suspect", CHANCE)


@check("The investigation tests every hypothesis within ten minutes", points=1.5)
def test_the_investigation(functions: Functions) -> None:
    call = functions.call("investigation")
    asked: Any = call.value
    if not isinstance(asked, list) or not all(
        isinstance(name, str) and name in QUESTIONS for name in asked
    ):
        raise Unmet(
            sent="investigation()",
            saw=f"{call}.",
            expected=f"a list of names, out of: {', '.join(QUESTIONS)}.",
        )
    told = june()
    desk = Desk(told, min(t.due for t in told.tries if t.malformed))
    answers = [desk.ask(name) for name in asked]
    tested = {QUESTIONS[name].refutes for name in asked}
    prices = [QUESTIONS[name].minutes for name in asked]
    sent = f"your questions, to the recorded outage: {', '.join(asked)}."
    saw = f"it is {desk.clock} after {desk.minutes} minutes. " + " | ".join(answers)
    if untested := [name for name in HYPOTHESES if name not in tested]:
        raise Unmet(
            sent=sent,
            saw=saw,
            expected=f"a test of every hypothesis; untested: {', '.join(untested)}.",
            look="the right column of the table: which question can refute what.",
        )
    if desk.minutes > BUDGET_MIN:
        raise Unmet(
            sent=sent,
            saw=saw,
            expected=f"at most {BUDGET_MIN} minutes.",
            look="the prices. A hypothesis that is refuted need not be refuted again.",
        )
    if prices != sorted(prices):
        raise Unmet(
            sent=sent,
            saw=saw,
            expected="no dear question before a cheaper one.",
            look="the order: a cheap test may spare you the dear one.",
        )
