"""Stock nbgrader, by its own commands, from a copy of autograder/."""

import csv
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.instructor import NAME, Course, known, solution

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Course:
    """A class of four, autograded, with feedback and an export."""
    course = Course(tmp_path_factory.mktemp("course"), project)
    before = course.released()
    course.nbgrader("generate_assignment", NAME, "--force")
    assert course.released() == before
    loud = known("standard_logging_and_an_error_of_its_own")
    half = known("everything_is_the_clients_fault")
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
    assert "mathjax/" not in page  # nothing is asked of a content network
    assert "A bug of our own is still a 500" in page
    assert "400 Bad Request" in page
    assert "how wide your except clause is" in page
    # All of our markup has passed nbconvert's sanitiser, which escapes what it refuses.
    assert "<strong>Sent:</strong>" in page
    assert "&lt;div" not in page
    assert "&lt;code" not in page
    assert "Traceback (most recent call last)" not in page


@pytest.fixture
def without_bubblewrap(tmp_path: Path) -> str:
    """A PATH on which everything can be found but bubblewrap."""
    own = str(Path(sys.executable).parent)
    for folder in [own, *os.environ["PATH"].split(os.pathsep)]:
        for program in Path(folder).glob("*"):
            link = tmp_path / program.name
            if program.name != "bwrap" and not link.exists():
                link.symlink_to(program)
    assert shutil.which("bwrap", path=str(tmp_path)) is None
    return str(tmp_path)


def test_without_a_sandbox_nothing_is_run(
    tmp_path_factory: pytest.TempPathFactory, project: Path, without_bubblewrap: str
) -> None:
    """Neither by nbgrader nor by `outage grade`, unless told so in as many words."""
    root = tmp_path_factory.mktemp("bare")
    course = Course(root, project, {"PATH": without_bubblewrap})
    course.nbgrader("generate_assignment", NAME, "--force")
    course.submit("bitdiddle", course.with_answer(solution()))
    done = course.try_nbgrader("autograde", NAME)
    assert done.returncode != 0
    assert "There is no sandbox on this machine" in done.stderr
    assert "apt-get install bubblewrap" in done.stderr
    assert not list(course.autograder.glob("autograded/*/*/*.ipynb"))
    course.nbgrader("autograde", NAME, "--JudgeCells.no_sandbox=True")
    assert course.scores() == {"bitdiddle": 10.0}
