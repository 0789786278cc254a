"""A verdict for reading: as plain text, and as HTML without script or style sheet."""

import re
from collections.abc import Iterable
from html import escape

from .judge.verdict import Check, Verdict

MARKS = {"passed": "✓", "failed": "✗", "error": "!", "timed_out": "⌛"}
WORDS = {
    "passed": "passed", "failed": "not yet", "error": "could not be checked",
    "timed_out": "took too long",
}  # fmt: skip


def headline(verdict: Verdict) -> str:
    """The score in one line, and how long it took."""
    done = "All checks pass" if verdict.passed else "Not all checks pass yet"
    score = f"{verdict.score:g} of {verdict.points:g} points"
    return f"{done}: {score}. Judged in {verdict.seconds:.1f} s."


def as_text(verdict: Verdict) -> str:
    """The whole verdict as plain text."""
    notes = [f"Note: {note}" for note in verdict.notes]
    return "\n".join([headline(verdict), *map(check_as_text, verdict.checks), *notes])


def check_as_text(check: Check) -> str:
    """One check: a line, and its feedback indented below."""
    line = (
        f"{MARKS[check.outcome]} {check.title}"
        f" ({check.earned:g} of {check.points:g}, {WORDS[check.outcome]})"
    )
    feedback = check.feedback.splitlines()
    return "\n".join([line, *(f"    {text}" for text in feedback)])


def as_html(verdict: Verdict) -> str:
    """The whole verdict as HTML."""
    return (
        f"<div><div><strong>{escape(headline(verdict))}</strong></div>"
        f"{checks_as_html(verdict.checks)}"
        f"{''.join(_paragraph(f'Note: {note}') for note in verdict.notes)}</div>"
    )


def checks_as_html(checks: Iterable[Check]) -> str:
    """These checks as a list."""
    items = "".join(map(check_as_html, checks))
    return f'<ul style="list-style: none; padding: 0">{items}</ul>'


def check_as_html(check: Check) -> str:
    """One check as a list item, its feedback line by line."""
    # White on a ground of its own can be read in the light theme and in the dark.
    ground = "#1a7f37" if check.outcome == "passed" else "#cf222e"
    body = "".join(_paragraph(line) for line in check.feedback.splitlines())
    return (
        '<li style="margin: 0 0 .6em">'
        f'<strong style="color: #fff; background-color: {ground}">&nbsp;'
        f"{MARKS[check.outcome]} {WORDS[check.outcome]}&nbsp;</strong>"
        f" {escape(check.title)} ({check.earned:g} of {check.points:g} points)"
        f'<div style="margin: .2em 0 0 1.6em">{body}</div></li>'
    )


def _paragraph(line: str) -> str:
    # Only tags that nbgrader's sanitised feedback lets through: neither <p> nor <pre>.
    word, colon, rest = line.partition(": ")
    if colon and word in {"Sent", "Saw", "Expected", "Look at", "Note"}:
        said = re.sub("`([^`]+)`", r"<code>\1</code>", escape(rest))
        return f'<div style="margin: .4em 0"><strong>{word}:</strong> {said}</div>'
    return f'<div><code style="white-space: pre-wrap">{escape(line)}</code></div>'
