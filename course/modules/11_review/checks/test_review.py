"""A review by place and kind; a checker on labelled snippets."""

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Call, Functions
from autograder.instruments.sealed import sealed

KINDS = {
    "no cause",
    "swallowed",
    "too broad",
    "cancellation",
    "return in finally",
    "assert",
    "leak",
    "wrong status",
    "exposed",
    "no traceback",
    "orphan task",
    "no time-out",
    "unsafe retry",
}
MODULES = ("batch.py", "audit.py", "app.py")
LONGEST = 36
HALF, MOST, FALSE_AT_MOST = 6, 10, 3

# `harms` of the defects in the release "pull"; the rest is sealed, see sealing.py.
KEY = tomllib.loads(Path(__file__).with_name("key.toml").read_text("utf-8"))
HARMS: list[str] = KEY["harms"]


# Findings may be a set as well, or be yielded: neither is JSON.
LISTED = """
def through(review):
    findings = review()
    is_text = isinstance(findings, (str, bytes, dict))
    return list(findings) if hasattr(findings, "__iter__") and not is_text else findings
"""


@dataclass
class Review:
    """The learner's findings, sorted: what was found, and what is none, and why."""

    found: set[int]
    false: list[tuple[str, str]]


@pytest.fixture(scope="module")
def findings(functions: Functions) -> Review:
    [call] = functions.calls("review", [[]], through=LISTED)
    wanted = (
        f"a list of at most {LONGEST} (module, line, kind), with a module of the pull"
        " request and a kind from the table."
    )
    if not isinstance(call.value, list):
        raise Unmet(sent="review()", saw=f"{call}.", expected=wanted)
    if len(call.value) > LONGEST:
        saw = f"{len(call.value)} findings."
        raise Unmet(sent="review()", saw=saw, expected=wanted)
    review = Review(set(), [])
    for finding in call.value:
        match finding:
            case [str(module), int(line), str(kind)] if (
                module in MODULES and kind in KINDS
            ):
                sort_in(review, module, line, kind)
            case _:
                raise Unmet(
                    sent="review()",
                    saw=f"a finding that reads {shortened(finding)}.",
                    expected=wanted,
                )
    return review


def shortened(finding: Any) -> str:
    """Return a finding as it would be typed, cut to 200 characters."""
    return repr(tuple(finding) if isinstance(finding, list) else finding)[:200]


def sort_in(review: Review, module: str, line: int, kind: str) -> None:
    """Put a finding where it belongs."""
    defect = KEY["findings"].get(sealed(module, line, kind))
    if defect is not None:
        review.found.add(defect)
    else:
        what = f"{module}, line {line}, “{kind}”"
        review.false.append((what, KEY["places"].get(sealed(module, line), "")))


def require_found(review: Review, wanted: int) -> None:
    """Raise Unmet unless the review finds that many defects."""
    if len(review.found) >= wanted:
        return
    missing = [h for number, h in enumerate(HARMS) if number not in review.found]
    saw = f"{len(review.found)} of {len(HARMS)} found."
    if explained := [(what, why) for what, why in review.false if why]:
        what, why = explained[0]
        saw += f" {what}: {why}"
    raise Unmet(
        sent="your review of the pull request.",
        saw=f"{saw} Among the defects that would be merged: {'; '.join(missing[:4])}.",
        expected=f"{wanted} found, each with its kind.",
        look="how that could happen: whose failure it is, and which line lets it pass.",
    )


@check("The review finds at least six of twelve defects", points=2)
def test_half_of_the_defects_are_found(findings: Review) -> None:
    require_found(findings, HALF)


@check("The review finds at least ten of twelve defects", points=2)
def test_ten_of_the_defects_are_found(findings: Review) -> None:
    require_found(findings, MOST)


@check("At most three findings are false", points=2)
def test_few_findings_are_false(findings: Review) -> None:
    if len(findings.false) > FALSE_AT_MOST:
        what, why = next((f for f in findings.false if f[1]), findings.false[0])
        raise Unmet(
            sent="your review of the pull request.",
            saw=f"{len(findings.false)} findings that are no defects. One of them:"
            f" {what}" + (f": {why}" if why else "."),
            expected=f"{FALSE_AT_MOST} at most: nobody reads a reviewer who cries"
            " wolf.",
            look="what exactly would go wrong, for each finding. If you cannot say,"
            " leave it out.",
        )
    if len(findings.found) < HALF:
        raise Unmet(
            sent="your review of the pull request.",
            saw=f"{len(findings.found)} defects found.",
            expected=f"{HALF} at least, before it says anything that few are false.",
        )


# --- the checker


@dataclass(frozen=True)
class Snippet:
    """A piece of code, what is special about it, and the lines that are to be found."""

    name: str
    source: str
    lines: tuple[int, ...]


def snippets(path: Path) -> list[Snippet]:
    """Those of the file at `path`."""
    return [
        Snippet(s["name"], s["source"], tuple(s["lines"]))
        for s in tomllib.loads(path.read_text("utf-8"))["snippets"]
    ]


SNIPPETS = Path(__file__).with_name("snippets.toml")


def asked(
    functions: Functions, rng: random.Random
) -> tuple[list[tuple[Snippet, Call]], list[tuple[Snippet, Call]]]:
    """Ask the checker about all snippets, in drawn order, in one process.

    Returns the calls for those with findings, and for those without.
    """
    known = snippets(SNIPPETS)
    drawn = rng.sample(range(len(known)), len(known))
    cases = [[known[number].source] for number in drawn]
    calls = dict(
        zip(drawn, functions.calls("swallows_cancellation", cases), strict=True)
    )
    pairs = [(snippet, calls[number]) for number, snippet in enumerate(known)]
    return [p for p in pairs if p[0].lines], [p for p in pairs if not p[0].lines]


def is_right(snippet: Snippet, call: Call) -> bool:
    """Return whether the checker said of a snippet what it should."""
    return bool(call.value == list(snippet.lines))


def require_right(pairs: Sequence[tuple[Snippet, Call]], look: str) -> None:
    """Raise Unmet unless the checker says of each snippet what it should."""
    wrong = [pair for pair in pairs if not is_right(*pair)]
    if wrong:
        snippet, call = wrong[0]
        code = "".join(f"\n    {line}" for line in snippet.source.strip().split("\n"))
        raise Unmet(
            sent=f"swallows_cancellation(…), with {snippet.name}:{code}",
            saw=f"{call}; {len(wrong)} of {len(pairs)} snippets like it are wrong.",
            expected=f"{list(snippet.lines)}.",
            look=look,
        )


@check("The checker finds swallowed cancellation", points=2)
def test_swallowed_cancellation_is_found(
    functions: Functions, seeded: random.Random
) -> None:
    swallowing, _ = asked(functions, seeded)
    require_right(swallowing, "which of the four rules decides here.")


@check("The checker leaves honest handlers alone", points=2)
def test_honest_handlers_are_left_alone(
    functions: Functions, seeded: random.Random
) -> None:
    swallowing, honest = asked(functions, seeded)
    require_right(honest, "which of the four rules makes this one harmless.")
    if not any(is_right(*pair) for pair in swallowing):
        raise Unmet(
            sent=f"swallows_cancellation(…), with {len(swallowing)} snippets that"
            " swallow a cancellation.",
            saw="not one right answer.",
            expected="a checker that finds something, before it is praised for what it"
            " leaves alone.",
        )
