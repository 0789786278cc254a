"""Stock nbgrader, by its own commands, from a copy of autograder/."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

NAME = "05_stop_the_bleeding"


class Course:
    """A copy of the instructor's folders, in which commands run."""

    def __init__(self, root: Path, project: Path) -> None:
        self.root = root
        self.autograder = root / "autograder"
        for folder in ("autograder", "exercises"):
            ignore = shutil.ignore_patterns("__pycache__", "submitted", "gradebook.db")
            shutil.copytree(project / folder, root / folder, ignore=ignore)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(project)}

    def nbgrader(self, *words: str) -> str:
        """Run one command; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *words], cwd=self.autograder,
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stderr

    def submit(self, student: str, notebook: str) -> None:
        """Lay a notebook where nbgrader collects submissions."""
        folder = self.autograder / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(notebook)

    def released(self) -> str:
        """The text of the released notebook."""
        return (self.root / "exercises" / NAME / f"{NAME}.ipynb").read_text()

    def with_answer(self, text: str) -> str:
        """The released notebook with `text` in its solution cell."""
        notebook = json.loads(self.released())
        cell = next(c for c in notebook["cells"] if c["id"] == "dispatcher")
        cell["source"] = text
        return json.dumps(notebook)


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
    solution = course.autograder / "source" / NAME / f"{NAME}.ipynb"
    course.submit("untouched", before)
    course.submit("solved", solution.read_text())
    course.submit("half", course.with_answer(half))
    course.submit("loud", course.with_answer(loud))
    course.nbgrader("autograde", NAME)
    course.nbgrader("generate_feedback", NAME)
    course.nbgrader("export")
    return course


def test_scores_are_what_the_judge_says(graded: Course) -> None:
    """Read from the gradebook; writing to standard error costs nothing."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded.autograder / 'gradebook.db'}", "outage") as book:
        scores = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
        waiting = [
            s.student.id
            for s in book.assignment_submissions(NAME)
            if s.needs_manual_grade
        ]
    assert scores == {"untouched": 0.0, "solved": 10.0, "half": 8.0, "loud": 10.0}
    assert not waiting


def test_the_export_has_a_line_for_each_learner(graded: Course) -> None:
    """With the same scores."""
    with open(graded.autograder / "grades.csv", newline="") as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert rows == {"untouched": 0.0, "solved": 10.0, "half": 8.0, "loud": 10.0}


def test_feedback_tells_what_was_seen(graded: Course) -> None:
    """In the judge's words, in the page that the learner gets."""
    page = (graded.autograder / "feedback" / "half" / NAME / f"{NAME}.html").read_text()
    assert "A bug of our own is still a 500" in page
    assert "400 Bad Request" in page
    assert "how wide your except clause is" in page
    # All of our markup has passed nbconvert's sanitiser, which escapes what it refuses.
    assert "<strong>Sent:</strong>" in page
    assert "&lt;div" not in page
    assert "&lt;code" not in page
    assert "Traceback (most recent call last)" not in page


def test_a_submission_without_its_answer_cell_scores_nothing(graded: Course) -> None:
    """nbgrader puts the cell back as released, and so it is judged."""
    notebook = json.loads(graded.released())
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] != "dispatcher"]
    graded.submit("deleted", json.dumps(notebook))
    graded.nbgrader("autograde", NAME, "--student", "deleted")
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded.autograder / 'gradebook.db'}", "outage") as book:
        assert book.find_submission(NAME, "deleted").score == 0.0
