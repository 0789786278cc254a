"""What is told once all checks pass: nothing that nobody has measured."""

import re

import pytest

from autograder.judge import Exercise
from autograder.judge.exercise import exercises
from autograder.learning.moment import FIXED, RECORDED, effort, moment_of
from course.learner import Journal
from course.learner.progress import VERDICT
from course.outage.telemetry import recording
from course.outage.telemetry.crashes import crashes

EXERCISE = Exercise.named("05")


def journal(*verdicts: tuple[str, bool]) -> Journal:
    """A journal of verdicts on exercise 05: when each was, and whether it passed."""
    events = [
        {"kind": VERDICT, "exercise": EXERCISE.name, "at": at, "passed": passed}
        for at, passed in verdicts
    ]
    return Journal(None, events)


def clock(minute: int) -> str:
    """A time of day in a journal."""
    return f"2026-06-05T{14 + minute // 60}:{minute % 60:02}:00+00:00"


def test_the_figures_are_those_of_the_recorded_outage() -> None:
    """Counted here as readers of the recording would."""
    telemetry = recording.june()
    requests = [tried for tried in telemetry.tries if tried.last]
    valid = [request for request in requests if not request.malformed]
    assert {
        "deaths": f"{len(crashes(telemetry)):,}",
        "requests": f"{len(requests):,}",
        "tries": f"{len(telemetry.tries):,}",
        "valid": f"{len(valid):,}",
        "failed": f"{sum(request.outcome != 'ok' for request in valid):,}",
    } == RECORDED
    assert FIXED == 45


@pytest.mark.parametrize("exercise", exercises(), ids=lambda exercise: exercise.number)
def test_every_exercise_has_its_moment(exercise: Exercise) -> None:
    """With each figure in its place."""
    moment = moment_of(exercise, Journal(None))
    assert moment is not None
    assert not re.search(r"[{}]", str(moment))


def test_minutes_and_runs_go_from_the_first_verdict_to_the_first_that_passed() -> None:
    """Whatever is checked afterwards."""
    told = journal(
        (clock(0), False), (clock(4), False), (clock(12), True), (clock(90), True)
    )
    assert effort(EXERCISE, told) == (3, 12.0)
    moment = moment_of(EXERCISE, told)
    assert moment is not None
    assert "12 minutes and 3 runs of this check" in moment.effort
    assert moment.bars == (("You", "12 minutes", 26.7), ("June", "45 minutes", 100.0))


def test_the_first_try_is_measured_against_no_clock() -> None:
    """There is nothing between it and itself."""
    moment = moment_of(EXERCISE, journal((clock(0), True)))
    assert moment is not None
    assert "on your first try" in moment.effort
    assert moment.bars == ()


@pytest.mark.parametrize("at", ["", "noon", clock(-30)], ids=["none", "words", "early"])
def test_damaged_times_are_left_out(at: str) -> None:
    """An edited journal must not break a check, nor a clock that was set back."""
    moment = moment_of(EXERCISE, journal((clock(0), False), (at, True)))
    assert moment is not None
    assert moment.effort == "every check passed on run 2."
