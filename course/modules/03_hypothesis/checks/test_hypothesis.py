"""Functions over measurements: small cases, and the recorded outage."""

import statistics
from typing import Any

from autograder.instruments.cases import Case, missing, require_all
from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions
from course.outage.incident.desk import QUESTIONS, Desk
from course.outage.telemetry.recording import june

BUDGET_MIN = 10
HYPOTHESES = ("database", "pool", "overload", "routing")

MEDIAN = "the median: one odd probe must not decide."
EVEN = "the median of an even number of values: the mean of the two in the middle."
PER_MINUTE = "hypotheses per minute, neither of the two alone."
COMPLETE = "when the plan is complete."
SHARES = "shares rather than counts."
EACH = "which requests a death follows: each in the time before it, not one alone."


def probes(*pairs: tuple[float, float | None]) -> list[dict[str, float | None]]:
    return [{"t": t, "ms": ms} for t, ms in pairs]


SLOWDOWN = [
    Case(
        "probes of 2 ms before second 10, of 6 ms after it",
        (probes((1, 2), (2, 2), (11, 6), (12, 6)), 10),
        3.0,
        {
            1 / 3: "what is divided by what.",
            2.0: "what was asked for: a multiple, not an increase.",
            4.0: "what was asked for: a multiple, not a difference.",
        },
    ),
    Case(
        "a probe of 3 ms before second 10, of 7 ms after it",
        (probes((1, 3), (11, 7)), 10),
        7 / 3,
        dict.fromkeys((2.0, 2.3, 2.33, 2.333, 2.3333), "rounding: not asked for."),
    ),
    Case(
        "probes that did not change, but for one of 900 ms",
        (probes((1, 2), (2, 2), (3, 2), (11, 2), (12, 900), (13, 2)), 10),
        1.0,
        {904 / 6: MEDIAN, 450.0: MEDIAN},
    ),
    Case(
        "two probes on either side",
        (probes((1, 2), (2, 4), (11, 3), (12, 15)), 10),
        3.0,
        {1.5: EVEN, 3.75: EVEN},
    ),
    Case(
        "a probe at exactly second 10, where the outage begins",
        (probes((1, 1), (10, 5)), 10),
        5.0,
        {None: "on which side `since` itself lies."},
    ),
    Case(
        "queries that all failed during the outage",
        (probes((1, 2), (2, 2), (11, None), (12, None)), 10),
        2500.0,
        dict.fromkeys((None, 0.0), "what a failed query counts as: TIMEOUT_MS."),
    ),
    Case(
        "queries of which most failed before second 10",
        (probes((1, None), (2, None), (3, 2), (11, 5)), 10),
        0.001,
        {2.5: "what a failed query counts as: TIMEOUT_MS, on either side."},
    ),
    Case(
        "no probe before the outage",
        (probes((11, 2)), 10),
        None,
        dict.fromkeys((0.0, 1.0), "what there is to compare with."),
    ),
    Case(
        "no probe during the outage",
        (probes((1, 2)), 10),
        None,
        dict.fromkeys((0.0, 1.0), "what there is to compare."),
    ),
]


def a_test(name: str, minutes: int, *refutes: str) -> dict[str, Any]:
    return {"name": name, "minutes": minutes, "refutes": list(refutes)}


PLAN = [
    Case(
        "a cheap test and an expensive one for the same hypothesis",
        ([a_test("expensive", 9, "a"), a_test("cheap", 2, "a")], ["a"]),
        ["cheap"],
        {
            ("cheap", "expensive"): "what is open after the first test.",
            ("expensive",): PER_MINUTE,
        },
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
        {("first", "second"): PER_MINUTE},
    ),
    Case(
        "a test for three hypotheses in 9 minutes, and two for the same in 1 and 2",
        (
            [
                a_test("three", 9, "a", "b", "c"),
                a_test("quick", 1, "a"),
                a_test("pair", 2, "b", "c"),
            ],
            ["a", "b", "c"],
        ),
        ["quick", "pair"],
        {
            ("three",): PER_MINUTE,
            ("pair", "quick"): "the order: that in which the tests are run.",
        },
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
        {
            ("abc", "abd"): "whether you count what is still open, or all that a test"
            " could ever refute."
        },
    ),
    Case(
        "equally good tests of different price",
        ([a_test("long", 4, "a", "b"), a_test("short", 2, "c")], ["a", "b", "c"]),
        ["short", "long"],
        {("long", "short"): "what decides between equals: the price."},
    ),
    Case(
        "two tests alike",
        ([a_test("y", 2, "a"), a_test("x", 2, "a")], ["a"]),
        ["y"],
        {
            ("x",): "what decides between equals of one price: the order of the list.",
            ("y", "x"): "what is open after the first test.",
        },
    ),
    Case(
        "a test that refutes nothing of what is asked",
        ([a_test("other", 1, "z"), a_test("fit", 5, "a")], ["a"]),
        ["fit"],
        dict.fromkeys(
            (("other", "fit"), ("fit", "other")),
            "whether every test in the plan has a purpose.",
        ),
    ),
    Case(
        "a hypothesis that no test can refute",
        ([a_test("t", 1, "a")], ["a", "ghosts"]),
        ["t"],
    ),
    Case("no hypotheses", ([a_test("t", 1, "a")], []), [], {("t",): COMPLETE}),
    Case("no tests", ([], ["a"]), []),
]


def request(t: float, *found: str) -> dict[str, Any]:
    return {"t": t, "features": list(found)}


# One request a second; the third and the sixth are followed by a death. Moments that
# decide are eighths of a second, which floats hold exactly.
SIX = [
    request(1, "GET", "eu"),
    request(2, "GET", "us"),
    request(3, "PUT", "eu"),
    request(4, "GET", "us"),
    request(5, "GET", "eu"),
    request(6, "PUT", "us"),
]
TWO_EACH = [request(1, "a"), request(2, "a"), request(3, "b"), request(4, "b")]
SUSPECT = [
    Case(
        "deaths that come later than within_s",
        (SIX, [3.5, 6.5], 0.25, 1),
        None,
        dict.fromkeys(
            ("GET", "PUT", "eu", "us"), "how long after a request a death counts."
        ),
    ),
    Case(
        "two PUTs, both followed by a death, and four GETs that are not",
        (SIX, [3.125, 6.125], 0.5, 1),
        "PUT",
    ),
    Case(
        "the commonest feature, with the most deaths behind it but a low share",
        (
            [
                *(request(n, "GET") for n in range(20)),
                request(30, "PUT"),
                request(31, "PUT"),
            ],
            [0.125, 1.125, 2.125, 30.125, 31.125],
            0.5,
            1,
        ),
        "PUT",
        {"GET": SHARES},
    ),
    Case(
        "eight requests, six of them followed by a death, and two, both of them",
        (
            [
                *(request(n, "GET") for n in range(8)),
                request(30, "PUT"),
                request(31, "PUT"),
            ],
            [*(n + 0.125 for n in range(6)), 30.125, 31.125],
            0.5,
            1,
        ),
        "PUT",
        {"GET": SHARES},
    ),
    Case(
        "a death before the first request",
        (
            [request(1, "GET"), request(2, "PUT"), request(3, "PUT")],
            [0.875, 2.125],
            0.5,
            1,
        ),
        "PUT",
        {"GET": "what follows: a death after the request, not before it."},
    ),
    Case(
        "deaths shortly before two requests and shortly after them, and one"
        " after one of two others",
        (TWO_EACH, [0.875, 1.25, 1.875, 2.25, 3.25], 0.5, 1),
        "a",
        {"b": "which deaths you look at: one before a request hides none after it."},
    ),
    Case(
        "deaths in the same moment as two requests, and one after one of two others",
        (TWO_EACH, [1.0, 2.0, 3.25], 0.5, 1),
        "b",
        {"a": "the start of the time that counts: a death after t, not at t."},
    ),
    Case(
        "deaths exactly within_s after two requests, and one after one of two others",
        (TWO_EACH, [1.5, 2.5, 3.25], 0.5, 1),
        "a",
        {"b": "the end of the time that counts: a death at t + within_s does."},
    ),
    Case(
        "three deaths shortly after one request, and one after each of two others",
        (TWO_EACH, [1.125, 1.25, 1.375, 3.125, 4.125], 0.5, 1),
        "b",
        {"a": "what is counted: requests that are followed by a death, not deaths."},
    ),
    Case(
        "deaths that follow two requests each",
        (
            [
                request(1, "a"),
                request(1.25, "b"),
                request(2, "a"),
                request(2.25, "b"),
                request(4, "b"),
            ],
            [1.375, 2.375],
            0.5,
            1,
        ),
        "a",
        {"b": EACH},
    ),
    Case(
        "deaths that follow two requests each, in the other order",
        (
            [
                request(1, "b"),
                request(1.25, "a"),
                request(2, "b"),
                request(2.25, "a"),
                request(4, "b"),
            ],
            [1.375, 2.375],
            0.5,
            1,
        ),
        "a",
        {"b": EACH},
    ),
    Case(
        "no death at all",
        (SIX, [], 0.5, 1),
        None,
        dict.fromkeys(("GET", "PUT", "eu", "us"), "what there is to suspect."),
    ),
    Case("a death, and no request at all", ([], [1.0], 0.5, 1), None),
]
CHANCE = [
    Case(
        "a feature of one single request, which a death happens to follow",
        (
            [*SIX, request(7, "GET", "mars"), request(8, "PUT", "eu")],
            [3.125, 6.125, 7.125],
            0.5,
            2,
        ),
        "PUT",
        {
            "mars": "`at_least`: a single request proves nothing.",
            None: "when rare features are left out: before the best one is chosen.",
        },
    ),
    Case(
        "a feature of exactly `at_least` requests",
        (SIX, [3.125, 6.125], 0.5, 2),
        "PUT",
        dict.fromkeys(
            ("eu", "us"), "the limit itself: `at_least` requests are enough."
        ),
    ),
    Case(
        "a feature of `at_least` requests, of which not all are followed by a death",
        (
            [
                *(request(n, "PUT") for n in (1, 2, 3)),
                *(request(n, "GET") for n in (4, 5, 6)),
            ],
            [1.125, 2.125, 4.125],
            0.5,
            3,
        ),
        "PUT",
        {None: "what `at_least` counts: requests, whatever follows them."},
    ),
    Case(
        "no feature that is frequent enough",
        (SIX, [3.125], 0.5, 99),
        None,
        dict.fromkeys(
            ("GET", "PUT", "eu", "us"), "what is left when every feature is rare."
        ),
    ),
]


@check("slowdown compares medians, and counts failed queries", points=1.5)
def test_slowdown(functions: Functions) -> None:
    require_all(functions, "slowdown", SLOWDOWN)


@check("slowdown shows that the recorded database is innocent", points=1)
def test_the_recorded_database_is_innocent(functions: Functions) -> None:
    told = june()
    poisoned = min(t.due for t in told.tries if t.malformed)
    data: list[dict[str, Any]] = [{"t": p.t, "ms": p.ms} for p in told.probes]
    before, during = (
        statistics.median(p["ms"] for p in data if (p["t"] >= poisoned) == late)
        for late in (False, True)
    )
    what = f"the {len(data)} probes of the recorded outage, which is hardly slower"
    require_all(functions, "slowdown", [Case(what, (data, poisoned), during / before)])


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
            look=missing(call),
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
            look="the prices. You need not refute a hypothesis twice.",
        )
    if prices != sorted(prices):
        raise Unmet(
            sent=sent,
            saw=saw,
            expected="no expensive question before a cheaper one.",
            look="the order: a cheap test may save you the expensive one.",
        )
