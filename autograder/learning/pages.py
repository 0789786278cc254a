"""A verdict as HTML that needs no kernel, no script and nothing from elsewhere.

It carries its style sheet along. Where that is taken out, the text can still be read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, repeat
from pathlib import Path
from textwrap import dedent
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.judge import Check, Exercise, Verdict
from autograder.judge.errors import ExerciseNotFound
from autograder.judge.run import Announced
from course.panel import code, display

from .hints import Ladder
from .moment import Moment
from .presenting import MARKS, WORDS, progress, score, told_once, way_out


def as_html(verdict: Verdict, moment: Moment | None = None) -> str:
    """Return the whole verdict as HTML, with the `moment` of one that passed."""
    page = templates().whole(
        verdict, score(verdict), way_out(verdict), groups(verdict), moment
    )
    return style() + str(page)


def check_as_html(check: Check) -> str:
    """Return a check as HTML, with its feedback open below it."""
    return str(templates().one(check))


def progress_as_html(
    announced: Sequence[Announced], ended: Sequence[Check], seconds: float
) -> str:
    """Return a verdict under way as HTML: each check of it as a line.

    Checks run in the order in which they were announced.
    """
    outcomes = {check.name: check for check in ended}
    states = chain(["running"], repeat("waiting"))
    rows = [
        Row(item.title, item.points, check.earned, check.outcome)
        if (check := outcomes.get(item.name))
        else Row(item.title, item.points, 0.0, next(states))
        for item in announced
    ]
    return style() + str(
        templates().progress(progress(announced, ended, seconds), rows)
    )


def revealed_as_html(
    ladders: Sequence[tuple[str, Ladder]], solutions: Mapping[str, str], message: str
) -> str:
    """Return the open hints and the `solutions`, by the name of their answer, as HTML.

    Solutions are HTML. `message` says what cannot be shown yet.
    """
    return style() + str(templates().revealed(ladders, solutions, message))


@dataclass(frozen=True)
class Row:
    """A check of a verdict under way, by the names that a Check has."""

    title: str
    points: float
    earned: float
    outcome: str


@dataclass(frozen=True)
class Group:
    """The checks that are about the same answers; `name` is empty if that is all."""

    name: str
    checks: list[Check]

    @property
    def points(self) -> float:
        """Return the number of points that can be earned."""
        return sum(check.points for check in self.checks)

    @property
    def earned(self) -> float:
        """Return the number of points earned."""
        return sum(check.earned for check in self.checks)


def groups(verdict: Verdict) -> list[Group]:
    """Return the checks by the answers that they are about: what failed comes first."""
    about = answers_by_check(verdict.exercise)
    by_answers: dict[str, list[Check]] = {}
    for check in sorted(verdict.checks, key=urgency):
        by_answers.setdefault(about.get(check.name, ""), []).append(check)
    shown = told_once(chain.from_iterable(by_answers.values()))
    rest = iter(shown)
    return [
        Group(name, list(islice(rest, len(checks))))
        for name, checks in by_answers.items()
    ]


def urgency(check: Check) -> int:
    """Return the place of a check in its group: failures, doubts, then passes."""
    return {"passed": 2, "inconclusive": 1}.get(check.outcome, 0)


def answers_by_check(name: str) -> dict[str, str]:
    """Return the answers that each check of an exercise is about: "plan, suspect".

    Checks that are about all of them are left out, and so is everything if the exercise
    has one answer only, or is gone since it was judged.
    """
    try:
        exercise = Exercise.named(name)
    except ExerciseNotFound:
        return {}
    shows: dict[str, set[str]] = {}
    for objective in exercise.objectives:
        for check in objective.checks:
            shows.setdefault(check, set()).update(objective.answers)
    names = {
        check: [slot.defines for slot in exercise.slots if slot.grade_id in answers]
        for check, answers in shows.items()
    }
    one = len(exercise.slots) == 1
    return {} if one else {check: ", ".join(found) for check, found in names.items()}


@dataclass(frozen=True)
class Part:
    """A part of feedback: a sentence after its label, and further lines as code."""

    label: str
    sentence: Markup
    code: Markup


def parts(check: Check) -> list[Part]:
    """Return the parts of a check's feedback."""
    return [Part(label, *split(text)) for label, text in check.feedback.labeled()]


def split(text: str) -> tuple[Markup, Markup]:
    """Return the first line of `text` as a sentence, and the others as code."""
    sentence, _, rest = text.partition("\n")
    if not rest:
        return marked(sentence), Markup()
    if code.is_traceback(rest):
        return marked(sentence), Markup(code.traceback(rest))
    lines = Markup('<div class="lines"><pre>{}</pre></div>').format(dedent(rest))
    return marked(sentence), lines


def marked(text: str) -> Markup:
    """Return `text` as HTML, with what stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


@cache
def templates() -> Any:
    """Return the macros of verdict.html.j2."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
    )
    pages.filters |= {"parts": parts, "marked": marked}
    marks = MARKS | {"running": "…", "waiting": "○"}
    words = WORDS | {"running": "running", "waiting": "waiting"}
    pages.globals |= {"marks": marks, "words": words, "number": "{:g}".format}
    return pages.get_template("verdict.html.j2").module


@cache
def style() -> str:
    """Return the style sheet that each piece of HTML carries along."""
    return display.style(Path(__file__).with_name("verdict.css")) + code.STYLE
