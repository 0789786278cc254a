"""Stock nbgrader, by its own commands, from a copy of autograder/."""

import csv
import json
from pathlib import Path

import pytest

from tests.instructor import NAME, Course, solution

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Course:
    """A class of four, autograded, with feedback and an export."""
    course = Course(tmp_path_factory.mktemp("course"), project)
    before = course.released()
    course.nbgrader("generate_assignment", NAME, "--force")
    assert course.released() == before
    answers = course.autograder / "calibration" / NAME
    loud = (answers / "right/standard_logging_and_an_error_of_its_own.py").read_text()
    half = (answers / "wrong/everything_is_the_clients_fault.py").read_text()
    course.submit("untouched", json.dumps(before))
    course.submit("solved", course.with_answer(solution()))
    course.submit("half", course.with_answer(half))
    course.submit("loud", course.with_answer(loud))
    course.nbgrader("autograde", NAME)
    course.nbgrader("generate_feedback", NAME)
    course.nbgrader("export")
    return course


def test_scores_are_what_the_judge_says(graded: Course) -> None:
    """Read from the gradebook; writing to standard error costs nothing."""
    expected = {"untouched": 0.0, "solved": 10.0, "half": 8.0, "loud": 10.0}
    assert graded.scores() == expected



def test_the_export_has_a_line_for_each_learner(graded: Course) -> None:
    """With the same scores."""
    with open(graded.autograder / "grades.csv", newline="") as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert rows == {"untouched": 0.0, "solved": 10.0, "half": 8.0, "loud": 10.0}


def test_feedback_tells_what_was_seen(graded: Course) -> None:
    """In the judge's words, in the page that the learner gets."""
    page = graded.feedback("half")
    assert "A bug of our own is still a 500" in page
    assert "400 Bad Request" in page
    assert "how wide your except clause is" in page
    # All of our markup has passed nbconvert's sanitiser, which escapes what it refuses.
    assert "<strong>Sent:</strong>" in page
    assert "&lt;div" not in page
    assert "&lt;code" not in page
    assert "Traceback (most recent call last)" not in page
