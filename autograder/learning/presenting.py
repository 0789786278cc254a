"""A verdict in words: what terminals show, and what its HTML says."""

from collections.abc import Iterable, Sequence

from autograder.judge.run import Announced
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


def headline(verdict: Verdict) -> str:
    """Return the score, and how long judging took, in one line."""
    return f"{score(verdict)} Judged in {verdict.seconds:.1f} s."


def score(verdict: Verdict) -> str:
    """Return whether all checks pass, and the score, as a sentence."""
    summary = "All checks pass" if verdict.passed else "Not all checks pass yet"
    points = f"{verdict.score:g} of {verdict.points:g} points"
    if verdict.inconclusive and not verdict.failed:
        summary = "Your machine was too busy to tell"
        points = f"{verdict.score:g} points so far, {verdict.points:g} to be had"
    return f"{summary}: {points}."


def way_out(verdict: Verdict) -> str:
    """Return what to do about a machine that is too busy, or an empty string."""
    if not verdict.inconclusive:
        return ""
    undecided = sum(check.outcome == "inconclusive" for check in verdict.checks)
    lag = f" (for {verdict.lag_s:.1f} s of one second)" if verdict.lag_s else ""
    rest = "; what failed below has failed all the same" if verdict.failed else ""
    return (
        f"{undecided} of {len(verdict.checks)} checks say nothing for or against your"
        f" answer: other programs kept it from running{lag}. That counts as no try"
        f"{rest}."
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


def progress(
    announced: Sequence[Announced], ended: Sequence[Check], seconds: float
) -> str:
    """Return how far a verdict is, in one line."""
    if not announced:
        return "Checking … starting your answer"
    return f"Checking … {len(ended)} of {len(announced)} done, {seconds:.1f} s"
