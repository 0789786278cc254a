"""A review by place and kind; a checker on forty labelled snippets."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions

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
HALF, MOST, FALSE_AT_MOST = 6, 10, 3


@dataclass(frozen=True)
class Defect:
    """A defect in some `lines` of a module; what will come of it."""

    module: str
    lines: Sequence[int]
    kinds: tuple[str, ...]
    harm: str

    def distance(self, line: int) -> int:
        """From the nearest of its lines; one off does no harm."""
        return min(abs(line - own) for own in self.lines)

    def is_at(self, module: str, line: int) -> bool:
        return module == self.module and self.distance(line) <= 1


# Of the release "pull".
DEFECTS = [
    Defect(
        "batch.py",
        range(41, 43),
        ("no cause",),
        "whoever debugs a rejected line cannot see what was wrong with it",
    ),
    Defect(
        "batch.py",
        range(43, 44),
        ("assert",),
        "with -O orders of any quantity are imported",
    ),
    Defect(
        "batch.py",
        range(49, 56),
        ("swallowed",),
        "an order that was never stored counts as imported",
    ),
    Defect(
        "batch.py",
        (64, 78),
        ("leak",),
        "after a batch that failed half-way a file stays open",
    ),
    Defect(
        "batch.py",
        range(71, 76),
        ("too broad", "swallowed"),
        "a bug in the store looks like a bad line, and nobody is told",
    ),
    Defect(
        "batch.py",
        range(94, 100),
        ("cancellation", "too broad"),
        "a deployment waits for a process that will not go",
    ),
    Defect(
        "audit.py",
        range(24, 29),
        ("swallowed",),
        "on a full disk the audit has holes, and says nothing",
    ),
    Defect(
        "audit.py",
        range(42, 47),
        ("return in finally", "swallowed"),
        "an audit that cannot be read looks like an empty one",
    ),
    Defect(
        "app.py",
        range(103, 105),
        ("wrong status",),
        "a client that looks at the status believes its batch was imported",
    ),
    Defect(
        "app.py",
        range(105, 107),
        ("no traceback",),
        "the log tells that an import failed, and not where",
    ),
    Defect(
        "app.py",
        range(107, 108),
        ("exposed",),
        "strangers read what an exception of ours says",
    ),
    Defect(
        "app.py",
        range(108, 109),
        ("orphan task",),
        "a message to the warehouse may vanish without a trace",
    ),
]

# What looks like a defect and is none: first and last line, and why.
RIGHT = [
    (
        "batch.py",
        50,
        53,
        "it is narrow, the tries are bounded, and the PUT may be done"
        " twice. (What happens after the last try is another matter.)",
    ),
    ("batch.py", 62, 62, "no exception is under way there."),
    ("batch.py", 66, 70, "the error is the client's, has a name, and is reported."),
    ("batch.py", 84, 87, "one division, one type, and an answer that is right."),
    ("batch.py", 98, 99, "the finally returns nothing."),
    ("batch.py", 102, 110, "the wait is bounded; failing is allowed and is logged."),
    (
        "audit.py",
        31,
        36,
        "what is to be removed may be gone already; any other error comes out.",
    ),
    ("app.py", 50, 86, "that is not part of the pull request."),
]


@dataclass
class Review:
    """The learner's findings, sorted."""

    found: list[Defect]
    misjudged: list[tuple[Any, Defect]]
    false: list[tuple[str, int, str]]

    @property
    def missing(self) -> list[Defect]:
        return [defect for defect in DEFECTS if defect not in self.found]


@pytest.fixture(scope="module")
def findings(functions: Functions) -> Review:
    call = functions.call("review")
    wanted = "a list of (module, line, kind), with the kinds of the table."
    if not isinstance(call.value, list):
        raise Unmet(sent="review()", saw=f"{call}.", expected=wanted)
    review = Review([], [], [])
    for finding in call.value:
        match finding:
            case [str(module), int(line), str(kind)] if kind in KINDS:
                sort_in(review, module, line, kind)
            case _:
                raise Unmet(
                    sent="review()",
                    saw=f"a finding that reads {finding!r}.",
                    expected=wanted,
                )
    return review


def sort_in(review: Review, module: str, line: int, kind: str) -> None:
    """Put a finding where it belongs."""
    here = [defect for defect in DEFECTS if defect.is_at(module, line)]
    fitting = [defect for defect in here if kind in defect.kinds]
    new = [defect for defect in fitting if defect not in review.found]
    if new:
        # The one whose line is nearest: two may stand beside each other.
        review.found.append(min(new, key=lambda d: d.distance(line)))
    elif not fitting:
        if near := [d for d in here if d.distance(line) == 0]:
            review.misjudged.append(((module, line, kind), near[0]))
        else:
            review.false.append((module, line, kind))


def require_found(review: Review, wanted: int) -> None:
    """Raise Unmet unless the review finds that many defects."""
    if len(review.found) >= wanted:
        return
    harms = "; ".join(defect.harm for defect in review.missing[:4])
    saw = f"{len(review.found)} of {len(DEFECTS)} found."
    if review.misjudged:
        (module, line, kind), defect = review.misjudged[0]
        saw += (
            f" {module}, line {line}, is a good place, but “{kind}” is not what is"
            f" wrong there: {defect.harm}."
        )
    raise Unmet(
        sent="your review of the pull request.",
        saw=f"{saw} Among what would be merged: {harms}.",
        expected=f"{wanted} found, each with its kind.",
        look="how it could come to that: whose failure, which line lets it pass.",
    )


@check("The review finds at least six of twelve defects", points=2)
def test_half_of_the_defects_are_found(findings: Review) -> None:
    require_found(findings, HALF)


@check("The review finds at least ten of twelve defects", points=2)
def test_ten_of_the_defects_are_found(findings: Review) -> None:
    require_found(findings, MOST)


@check("At most three findings are false", points=2)
def test_few_findings_are_false(findings: Review) -> None:
    false = [*findings.false, *(finding for finding, _ in findings.misjudged)]
    if len(false) > FALSE_AT_MOST:
        module, line, kind = false[0]
        why = next(
            (why for m, a, b, why in RIGHT if m == module and a <= line <= b),
            "that is not what goes wrong there.",
        )
        raise Unmet(
            sent="your review of the pull request.",
            saw=f"{len(false)} findings that are none. One of them: {module},"
            f" line {line}, “{kind}”: {why}",
            expected=f"{FALSE_AT_MOST} at most: who cries wolf is not read.",
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


def judge_snippets(functions: Functions, known: Sequence[Snippet], points: str) -> None:
    """Raise Unmet unless the checker says of each snippet what it should."""
    calls = functions.calls("swallows_cancellation", [[s.source] for s in known])
    wrong = [
        (snippet, call)
        for snippet, call in zip(known, calls, strict=True)
        if call.value != list(snippet.lines)
    ]
    if wrong:
        snippet, call = wrong[0]
        code = "".join(f"\n    {line}" for line in snippet.source.strip().split("\n"))
        raise Unmet(
            sent=f"swallows_cancellation(…), with {snippet.name}:{code}",
            saw=f"{call}; {len(wrong)} of {len(known)} snippets like it are wrong.",
            expected=f"{list(snippet.lines)}.",
            look=points,
        )


SNIPPETS = Path(__file__).with_name("snippets.toml")


@check("The checker finds swallowed cancellation, in twenty snippets", points=2)
def test_swallowed_cancellation_is_found(functions: Functions) -> None:
    known = [snippet for snippet in snippets(SNIPPETS) if snippet.lines]
    judge_snippets(
        functions, known, "rules 1 and 2: what takes it in, and what awaits."
    )


@check("The checker leaves honest handlers alone, in twenty snippets", points=2)
def test_honest_handlers_are_left_alone(functions: Functions) -> None:
    known = [snippet for snippet in snippets(SNIPPETS) if not snippet.lines]
    judge_snippets(functions, known, "rules 2 to 4: what makes a handler harmless.")
    first = next(snippet for snippet in snippets(SNIPPETS) if snippet.lines)
    if functions.call("swallows_cancellation", first.source).value != [*first.lines]:
        raise Unmet(
            sent=f"swallows_cancellation(…), with {first.name}.",
            saw="nothing found.",
            expected="a checker that finds something, before it is praised for what it"
            " leaves alone.",
        )
