"""Where a learner stands, as the journal tells it."""

from autograder.judge import Exercise
from course.learner import Journal, Progress, modules


def standing(*events: dict[str, object]) -> Progress:
    """The progress after `events`."""
    journal = Journal(None)
    for event in events:
        journal.tell(**event)  # type: ignore[arg-type]
    return Progress.of(journal)


def verdict(score: float, exercise: str = "01_page") -> dict[str, object]:
    """What a check of an exercise leaves in the journal."""
    return {
        "kind": "verdict",
        "exercise": exercise,
        "score": score,
        "points": 10.0,
        "passed": score == 10.0,
    }


def test_at_first_everything_is_left_and_lesson_01_is_next() -> None:
    """All the minutes of all the parts."""
    progress = standing()
    assert progress.next is not None
    assert progress.next.label == "lesson 01"
    assert progress.minutes_left == sum(p.minutes for p in progress.parts)


def test_a_lesson_and_a_passed_exercise_are_done() -> None:
    """And the next lesson is next."""
    progress = standing({"kind": "lesson", "number": "01"}, verdict(10.0))
    assert progress.next is not None
    assert progress.next.label == "lesson 02"
    assert [progress.state(p) for p in progress.parts[:3]] == ["done", "done", "next"]


def test_an_exercise_shows_its_best_score_until_it_is_done() -> None:
    """A worse try later takes nothing away, not even from one that passed."""
    progress = standing(verdict(4.0), verdict(2.0))
    assert progress.state(progress.parts[1]) == "4 of 10 points"
    progress = standing(verdict(10.0), verdict(2.0))
    assert progress.state(progress.parts[1]) == "done"


def test_events_of_another_version_are_passed_over() -> None:
    """Whatever is missing in them."""
    odd = {"kind": "verdict", "exercise": "01_page", "score": None}
    assert standing({"kind": "lesson"}, odd, {"kind": "?"}).done == frozenset()


def test_modules_are_numbered_and_each_has_its_exercise() -> None:
    """No number stands for two."""
    numbers = [module.number for module in modules()]
    assert numbers == sorted(set(numbers))
    for module in modules():
        assert Exercise.named(module.number).name == module.name
