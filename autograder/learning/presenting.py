"""A verdict as plain text, and as HTML without script or style sheet."""

import re
from collections.abc import Iterable
from html import escape

from autograder.judge.verdict import Check, Feedback, Verdict

MARKS = {
    "passed": "✓",
    "failed": "✗",
    "inconclusive": "?",
    "error": "!",
    "timed_out": "⌛",
}
WORDS = {
    "passed": "passed",
    "failed": "not yet",
    "inconclusive": "machine too busy to tell",
    "error": "could not be checked",
    "timed_out": "took too long",
}
# White on these backgrounds is readable in the light theme and in the dark one.
GROUNDS = {"passed": "#1a7f37", "inconclusive": "#57606a"}
OTHER_GROUND = "#cf222e"


def headline(verdict: Verdict) -> str:
    """Return the score, and how long judging took, in one line."""
    summary = "All checks pass" if verdict.passed else "Not all checks pass yet"
    score = f"{verdict.score:g} of {verdict.points:g} points"
    if verdict.inconclusive:
        summary = "Your machine was too busy to tell"
        score = f"{verdict.score:g} points so far, {verdict.points:g} to be had"
    return f"{summary}: {score}. Judged in {verdict.seconds:.1f} s."


def way_out(verdict: Verdict) -> str:
    """Return what to do about a machine that is too busy, or an empty string."""
    if not verdict.inconclusive:
        return ""
    undecided = sum(check.outcome == "inconclusive" for check in verdict.checks)
    lag = f" (for {verdict.lag_s:.1f} s of one second)" if verdict.lag_s else ""
    return (
        f"{undecided} of {len(verdict.checks)} checks say nothing for or against your"
        f" answer: other programs kept it from running{lag}. That counts as no try."
        " Close what is busy (a video call, a build, another notebook), then check"
        " again."
    )


def as_text(verdict: Verdict) -> str:
    """Return the whole verdict as plain text."""
    top = filter(None, [headline(verdict), way_out(verdict)])
    notes = [f"Note: {note}" for note in verdict.notes]
    checks = map(check_as_text, told_once(verdict.checks))
    return "\n".join([*top, *checks, *notes])


def told_once(checks: Iterable[Check]) -> list[Check]:
    """Return `checks`, with a reference in place of feedback that an earlier one has.

    A service that serves nobody fails every check, and each for the same reason.
    """
    titles: dict[str, str] = {}
    told = []
    for check in checks:
        text = str(check.feedback)
        if text and text in titles:
            same = Feedback(message=f"The same as “{titles[text]}”, above.")
            told.append(check.model_copy(update={"feedback": same}))
        else:
            titles[text] = check.title
            told.append(check)
    return told


def check_as_text(check: Check) -> str:
    """Return a check as a line, with its feedback indented below."""
    line = (
        f"{MARKS[check.outcome]} {check.title}"
        f" ({check.earned:g} of {check.points:g}, {WORDS[check.outcome]})"
    )
    feedback = str(check.feedback).splitlines()
    return "\n".join([line, *(f"    {text}" for text in feedback)])


def as_html(verdict: Verdict) -> str:
    """Return the whole verdict as HTML."""
    return (
        f"<div><div><strong>{escape(headline(verdict))}</strong></div>"
        f"<div>{escape(way_out(verdict))}</div>"
        f"{checks_as_html(verdict.checks)}"
        f"{''.join(_labeled('Note', note) for note in verdict.notes)}</div>"
    )


def checks_as_html(checks: Iterable[Check]) -> str:
    """Return `checks` as an HTML list."""
    items = "".join(map(check_as_html, told_once(checks)))
    return f'<ul style="list-style: none; padding: 0">{items}</ul>'


def check_as_html(check: Check) -> str:
    """Return a check as an HTML list item, with its feedback line by line."""
    background = GROUNDS.get(check.outcome, OTHER_GROUND)
    body = "".join(_labeled(*part) for part in check.feedback.labeled())
    return (
        '<li style="margin: 0 0 .6em">'
        f'<strong style="color: #fff; background-color: {background}">&nbsp;'
        f"{MARKS[check.outcome]} {WORDS[check.outcome]}&nbsp;</strong>"
        f" {escape(check.title)} ({check.earned:g} of {check.points:g} points)"
        f'<div style="margin: .2em 0 0 1.6em">{body}</div></li>'
    )


def _labeled(label: str, text: str) -> str:
    """Return `text` as paragraphs: a sentence after its label, further lines as code.

    It has only tags that nbgrader leaves in sanitized feedback: neither <p> nor <pre>.
    """
    sentence, _, rest = text.partition("\n") if label else ("", "", text)
    marked = re.sub("`([^`]+)`", r"<code>\1</code>", escape(sentence))
    first = f'<div style="margin: .4em 0"><strong>{label}:</strong> {marked}</div>'
    return (first if label else "") + "".join(
        f'<div><code style="white-space: pre-wrap">{escape(line)}</code></div>'
        for line in rest.splitlines()
    )
