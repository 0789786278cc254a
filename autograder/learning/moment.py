"""The moment in which all checks pass: what was repaired, and June beside it.

Its figures are those of the learner's journal, of the postmortem's timeline and of the
recorded outage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autograder.judge import Exercise
from course.learner import Journal
from course.learner.progress import VERDICT
from course.outage.incident.june import TIMELINE

# Minutes from June's alert to its fix.
FIXED = next(minutes for minutes, event in TIMELINE.items() if "fix" in event)
LONG_MINUTES = 180.0
# Counted in course/recordings/june.jsonl.gz, which takes a second to read.
RECORDED = {
    "deaths": "11",
    "requests": "4,153",
    "tries": "7,663",
    "valid": "4,117",
    "failed": "1,672",
}


@dataclass(frozen=True)
class Moment:
    """Says what a learner is told once every check passes.

    `bars` are the durations side by side: whose, in words, and a width in percent.
    """

    repaired: str
    in_june: str
    effort: str
    bars: tuple[tuple[str, str, float], ...] = ()

    @property
    def bars_in_words(self) -> str:
        """Return the bars for those who do not see them."""
        return ", ".join(f"{who}: {words}" for who, words, _ in self.bars)

    def __str__(self) -> str:
        """Return the moment as lines of text."""
        return (
            f"You repaired: {self.repaired}\n"
            f"June with it: {self.in_june}\n"
            f"You and June: {self.effort}"
        )


def moment_of(exercise: Exercise, journal: Journal) -> Moment | None:
    """Return the moment of an exercise whose verdict in `journal` has just passed.

    None if its exercise.toml does not say what was repaired.
    """
    if not exercise.repaired:
        return None
    in_june = exercise.in_june.format_map(RECORDED)
    runs, minutes = effort(exercise, journal)
    if runs < 2:
        told = (
            "every check passed on your first try. June's first guess, at 14:15, was"
            " the database."
        )
        return Moment(exercise.repaired, in_june, told)
    if minutes is None:
        told = f"every check passed on run {runs}."
        return Moment(exercise.repaired, in_june, told)
    noun = "minute" if round(minutes) == 1 else "minutes"
    took = f"{minutes:.0f} {noun}" if minutes >= 1 else "under a minute"
    if minutes > LONG_MINUTES:
        took = f"{minutes / 60:.0f} hours"
    told = (
        f"{took} and {runs} runs of this check, from the first to the one that passed."
        f" June took {FIXED} minutes from the alert to the fix, with the API down for"
        " every user."
    )
    longest = max(minutes, FIXED)
    bars = [("You", took, minutes), ("June", f"{FIXED} minutes", float(FIXED))]
    return Moment(
        exercise.repaired,
        in_june,
        told,
        tuple((who, words, _percent(it, longest)) for who, words, it in bars),
    )


def effort(exercise: Exercise, journal: Journal) -> tuple[int, float | None]:
    """Return the number of verdicts up to the first that passed, and its minutes.

    The minutes begin with the first verdict; None if the journal's times are damaged.
    """
    events = [
        event
        for event in journal.events()
        if event["kind"] == VERDICT and event.get("exercise") == exercise.name
    ]
    passed = [event.get("passed") is True for event in events]
    until = events[: passed.index(True) + 1] if True in passed else events
    return len(until), _minutes(until)


def _minutes(events: Sequence[dict[str, object]]) -> float | None:
    try:
        first, last = (datetime.fromisoformat(str(events[i]["at"])) for i in (0, -1))
        minutes = (last - first).total_seconds() / 60
    except (IndexError, KeyError, TypeError, ValueError):
        return None  # written by another version, or by hand
    return minutes if minutes >= 0 else None


def _percent(part: float, whole: float) -> float:
    return max(1.0, round(100 * part / whole, 1))
