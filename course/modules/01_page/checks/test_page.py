"""Functions over telemetry: tables of small cases, and the recorded outage."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.instruments.expect import Unmet, check, close
from autograder.instruments.functions import Functions
from course.outage.telemetry.recording import june

Try = dict[str, Any]

FAILURES = {"server_error", "reset", "timeout"}


def a_try(due: float, done: float, outcome: str = "ok", **other: bool) -> Try:
    return {
        "due": due,
        "done": done,
        "outcome": outcome,
        "last": True,
        "malformed": False,
        **other,
    }


OK = a_try(1.0, 1.1)
FAILED = a_try(1.0, 1.1, "server_error")


@dataclass(frozen=True)
class Case:
    """Arguments, what they must give, and where to look if they do not."""

    what: str
    arguments: tuple[Any, ...]
    expected: float | None
    look: str


AVAILABILITY = [
    Case(
        "one request served and one failed",
        ([OK, FAILED], 0, 10),
        0.5,
        "what is divided by what.",
    ),
    Case(
        "one request served, at the third try",
        (
            [
                a_try(1.0, 1.1, "reset", last=False),
                a_try(1.0, 1.3, "reset", last=False),
                a_try(1.0, 1.5),
            ],
            0,
            10,
        ),
        1.0,
        "how many records one request has, and which of them tells how it ended.",
    ),
    Case(
        "a malformed request that failed, and a well-formed one that was served",
        ([a_try(1.0, 1.1, "server_error", malformed=True), OK], 0, 10),
        1.0,
        "requests that nobody could have served.",
    ),
    Case(
        "a request answered 1.4 s after it was due",
        ([a_try(1.0, 2.4)], 0, 10),
        0.0,
        "who is still there to get an answer that comes after WITHIN_S.",
    ),
    Case(
        "a request answered 1.0 s after it was due",
        ([a_try(1.0, 2.0)], 0, 10),
        1.0,
        "the limit itself: at most WITHIN_S is in time.",
    ),
    Case(
        "a request answered with a 4xx",
        ([a_try(1.0, 1.1, "client_error")], 0, 10),
        0.0,
        "what counts as served: `ok`, and nothing else.",
    ),
    Case(
        "a request due before the window, though answered in it",
        ([a_try(0.9, 1.2, "reset"), OK], 1.0, 2.0),
        1.0,
        "which moment puts a request into a window: when it was due.",
    ),
    Case(
        "a request due exactly at the end of the window",
        ([OK, a_try(2.0, 2.1, "reset")], 1.0, 2.0),
        1.0,
        "the ends of the window: from since up to, but without, until.",
    ),
    Case(
        "no request in the window",
        ([OK], 5, 10),
        None,
        "what may be said without any evidence.",
    ),
]

BURN = [
    Case(
        "one of ten tries failed, objective 99%",
        ([OK] * 9 + [FAILED], 0, 10, 0.99),
        10.0,
        "what is divided by what: the share that failed, by the share that may fail.",
    ),
    Case(
        "all tries failed, objective 99.9%",
        ([FAILED] * 3, 0, 10, 0.999),
        1000.0,
        "which share may fail.",
    ),
    Case(
        "one try cut off, one timed out, one 500, one answered 4xx, objective 90%",
        (
            [
                a_try(1, 2, outcome)
                for outcome in ("reset", "timeout", "server_error", "client_error")
            ],
            0,
            10,
            0.9,
        ),
        7.5,
        "which outcomes the service is to blame for.",
    ),
    Case(
        "a request that failed twice and then succeeded, objective 90%",
        (
            [
                a_try(1.0, 1.1, "reset", last=False),
                a_try(1.0, 1.3, "reset", last=False),
                a_try(1.0, 1.5),
            ],
            0,
            10,
            0.9,
        ),
        20 / 3,
        "what burns the budget here: every try that failed, as in the error share.",
    ),
    Case(
        "a malformed request that got a 500, objective 90%",
        ([a_try(1.0, 1.1, "server_error", malformed=True)], 0, 10, 0.9),
        10.0,
        "tries: a burn rate does not know who sent them. That is why the alert of"
        " lesson 01 could not tell either.",
    ),
    Case(
        "a try that ended exactly at the start of the window, and one at its end",
        ([a_try(0, 1.0, "reset"), a_try(1.5, 2.0)], 1.0, 2.0, 0.9),
        0.0,
        "the ends of the window: after since, up to and with until.",
    ),
    Case(
        "no try in the window",
        ([OK], 5, 10, 0.999),
        0.0,
        "what error_share returns when nothing ended.",
    ),
]

BUDGET = [
    Case(
        "43.2 minutes down, 99.9% over 30 days",
        (43.2, 0.999, 30),
        1.0,
        "how many minutes 99.9% allows over 30 days: 43.2.",
    ),
    Case(
        "the 90 minutes of June, 99.9% over 30 days",
        (90, 0.999, 30),
        90 / 43.2,
        "whether a share or a percentage was asked for.",
    ),
    Case(
        "10 minutes down, 99% over 7 days",
        (10, 0.99, 7),
        10 / 100.8,
        "the arguments: neither the objective nor the days are always the same.",
    ),
    Case("nothing down", (0, 0.999, 30), 0.0, "what an outage of no length spends."),
]


def require_all(functions: Functions, name: str, cases: Sequence[Case]) -> None:
    """Raise Unmet for the first case whose result is another than expected."""
    calls = functions.calls(name, [case.arguments for case in cases])
    for case, call in zip(cases, calls, strict=True):
        if call.ended != "returned" or not close(call.value, case.expected):
            raise Unmet(
                sent=f"{name}(…) for: {case.what}.",
                saw=f"{call}.",
                expected=repr(case.expected and round(case.expected, 4)),
                look=case.look,
            )


@check("availability counts each valid request once, served if in time", points=2)
def test_availability_counts_requests(functions: Functions) -> None:
    require_all(functions, "availability", AVAILABILITY)


@check("availability is right for the recorded outage", points=1)
def test_availability_of_the_recording(functions: Functions) -> None:
    told = june()
    tries = [
        a_try(t.due, t.done, t.outcome, last=t.last, malformed=t.malformed is not None)
        for t in told.tries
    ]
    cases = [
        Case(
            f"the recording, from {since} s to {until} s",
            (tries, since, until),
            told.success(since, until),
            "what the other checks of this function say.",
        )
        for since, until in ((0, 10), (20, 40), (30, 31), (60, 70), (0, 70))
    ]
    require_all(functions, "availability", cases)


@check("burn_rate is the error share over what the objective allows", points=2)
def test_burn_rate(functions: Functions) -> None:
    require_all(functions, "burn_rate", BURN)


@check("budget_spent puts an outage against a period's budget", points=1)
def test_budget_spent(functions: Functions) -> None:
    require_all(functions, "budget_spent", BUDGET)


MESSAGES = [(0.98, 2, 7), (0.5, 11, 1), (0.997, 33, 40), (0.003, 4, 0), (1.0, 90, 163)]

# A cause, or a claim of one. Symptoms (died, crashed, failing) are no causes.
CAUSES = (
    r"databas\w*|sqlite|\bdb\b|deploy\w*|releas\w*|rollout|bugs?\b|network|dispatcher"
    r"|routing|malformed|exception|because|caused by|due to|root cause is|overload\w*"
)


def said(functions: Functions, arguments: tuple[float, int, int]) -> str:
    """The message for `arguments`, or raise Unmet."""
    call = functions.call("impact", *arguments)
    if call.ended != "returned" or not isinstance(call.value, str):
        raise Unmet(
            sent=f"impact{arguments}", saw=f"{call}.", expected="a sentence: text."
        )
    return call.value


def percent_is_true(text: str, failing: float) -> bool:
    """Whether the percentages in `text` say `failing`, and none claims all or none."""
    figures = [float(n) for n in re.findall(r"(\d+(?:\.\d+)?) ?(?:%|percent)", text)]
    near = [n for n in figures if abs(n - 100 * failing) <= 1]
    too_much = {100.0} if failing < 1 else set()
    too_little = {0.0} if failing > 0 else set()
    return bool(near) and not (too_much | too_little) & set(figures)


@check("The first message says how bad, for how long, how many deaths", points=2)
def test_the_message_says_how_bad(functions: Functions) -> None:
    for arguments in MESSAGES:
        failing, minutes, deaths = arguments
        text = said(functions, arguments)
        numbers = {int(n) for n in re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", text)}
        if not percent_is_true(text, failing):
            raise Unmet(
                sent=f"impact{arguments}",
                saw=f"“{text}”",
                expected=f"a percentage that says {failing:.1%}, and does not claim all"
                " or none where there are some.",
                look="what rounding to whole percents makes of shares near 0 and 1.",
            )
        for figure, what in ((minutes, "minutes"), (deaths, "deaths")):
            words = {0: "no ", 1: "one "}.get(figure, "\0")
            if figure not in numbers and words not in text.lower():
                raise Unmet(
                    sent=f"impact{arguments}",
                    saw=f"“{text}”",
                    expected=f"the number of {what}, {figure}, as well.",
                    look="the three arguments: each is a fact that a reader waits for.",
                )


@check("The first message names no cause", points=2)
def test_the_message_names_no_cause(functions: Functions) -> None:
    for arguments in MESSAGES:
        text = said(functions, arguments)
        if not percent_is_true(text, arguments[0]) and len(text) < 40:
            raise Unmet(
                sent=f"impact{arguments}",
                saw=f"“{text}”",
                expected="a sentence that says something; saying nothing is no virtue.",
            )
        if found := re.search(CAUSES, text, re.IGNORECASE):
            raise Unmet(
                sent=f"impact{arguments}",
                saw=f"“{text}”",
                expected=f"no cause: “{found[0]}” is a guess at this point.",
                look="the difference between what you observe and what explains it.",
            )
