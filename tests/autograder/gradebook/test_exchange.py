"""nbgrader's whole cycle over its exchange, by its own commands: a class of two."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.instructor import NAME, Course, solution

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

CONFIG = """
import os
c = get_config()
c.CourseDirectory.course_id = "outage"
c.Exchange.root = os.environ["OUTAGE_EXCHANGE"]
c.Exchange.cache = os.path.abspath("cache")  # not all learners' of this machine
"""


class Learner:
    """Somebody with nbgrader, a folder, and the exchange."""

    def __init__(self, name: str, folder: Path, exchange: Path) -> None:
        self.name = name
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        (self.folder / "nbgrader_config.py").write_text(CONFIG)
        self.notebook = self.folder / NAME / f"{NAME}.ipynb"
        self.environment = {**os.environ, "OUTAGE_EXCHANGE": str(exchange)}

    def nbgrader(self, *words: str) -> str:
        """Run one command; it must succeed."""
        # nbgrader knows students by their operating system's user; here there is one.
        who = f"--CourseDirectory.student_id={self.name}"
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *words, who],
            cwd=self.folder,
            text=True,
            env=self.environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr


def test_a_class_from_release_to_feedback(tmp_path: Path, project: Path) -> None:
    """Released, fetched, handed in, collected, graded; feedback comes back to each."""
    exchange = tmp_path / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    course = Course(tmp_path / "course", project, {"OUTAGE_EXCHANGE": str(exchange)})
    course.nbgrader("generate_assignment", NAME, "--force")
    course.nbgrader("release_assignment", NAME)
    learners = [Learner(who, tmp_path / "home", exchange) for who in ("ada", "ben")]
    for learner in learners:
        learner.nbgrader("fetch_assignment", NAME)
        assert learner.notebook.exists()
        if learner.name == "ada":
            learner.notebook.write_text(course.with_answer(solution()))
        learner.nbgrader("submit", NAME)
    course.nbgrader("collect", NAME)
    course.nbgrader("autograde", NAME)
    assert course.scores() == {"ada": 10.0, "ben": 0.0}
    course.nbgrader("generate_feedback", NAME)
    course.nbgrader("release_feedback", NAME)
    for learner, says in zip(learners, ("10.0 / 10.0", "0.0 / 10.0"), strict=True):
        learner.nbgrader("fetch_feedback", NAME)
        [page] = (learner.folder / NAME / "feedback").rglob("*.html")
        assert says in page.read_text()
    course.nbgrader("export")
    assert "ada" in (course.autograder / "grades.csv").read_text()
