"""An instructor's copy of the course, in which stock nbgrader grades a class."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.authoring.known import chosen
from autograder.judge import Exercise, from_notebook

NAME = "05_stop_the_bleeding"
EXERCISE = Exercise.named(NAME)


def solution() -> str:
    """The reference answer."""
    return from_notebook(EXERCISE.solution)[0]["dispatcher"]


def known(name: str) -> str:
    """The known answer of that name."""
    [(_, [case])] = chosen([NAME, name])
    return case.answers["dispatcher"]


def june() -> str:
    """What learners start from."""
    return EXERCISE.slots[0].given()


class Course:
    """A copy of the instructor's folders, in which commands run."""

    def __init__(
        self, root: Path, project: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.root = root
        self.autograder = root / "autograder"
        for folder in ("autograder", "course/modules", "exercises"):
            ignore = shutil.ignore_patterns("__pycache__", "submitted", "gradebook.db")
            shutil.copytree(project / folder, root / folder, ignore=ignore)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(project),
            **(environment or {}),
        }

    def try_nbgrader(
        self, *words: str, under: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run one command, whatever comes of it; `under` the words of another."""
        return subprocess.run(
            [*under, sys.executable, "-m", "nbgrader", *words],
            cwd=self.autograder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def nbgrader(self, *words: str, under: Sequence[str] = ()) -> str:
        """Run one command; it must succeed."""
        done = self.try_nbgrader(*words, under=under)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def folder_of(self, student: str) -> Path:
        """Where nbgrader collects a submission, made if it is missing."""
        folder = self.autograder / "submitted" / student / NAME
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def submit(self, student: str, notebook: str) -> None:
        """Lay a notebook where nbgrader collects submissions."""
        (self.folder_of(student) / f"{NAME}.ipynb").write_text(notebook)

    def released(self) -> dict[str, Any]:
        """The released notebook."""
        path = self.root / "exercises" / NAME / f"{NAME}.ipynb"
        notebook: dict[str, Any] = json.loads(path.read_text())
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
        return notebook

    def with_answer(self, text: str) -> str:
        """The released notebook with `text` in its solution cell."""
        notebook = self.released()
        cell = next(c for c in notebook["cells"] if c["id"] == "dispatcher")
        cell["source"] = text
        return json.dumps(notebook)

    def scores(self) -> dict[str, float]:
        """The gradebook's score of each student."""
        from nbgrader.api import Gradebook

        url = f"sqlite:///{self.autograder / 'gradebook.db'}"
        with Gradebook(url, "outage") as book:
            submissions = book.assignment_submissions(NAME)
            assert not any(s.needs_manual_grade for s in submissions)
            return {s.student.id: s.score for s in submissions}

    def feedback(self, student: str) -> str:
        """The page that a student gets."""
        folder = self.autograder / "feedback" / student / NAME
        return (folder / f"{NAME}.html").read_text()

    def graded_cell(self, student: str) -> dict[str, str]:
        """What the check cell of a graded notebook shows, by MIME type."""
        folder = self.autograder / "autograded" / student / NAME
        notebook = json.loads((folder / f"{NAME}.ipynb").read_text())
        cell = next(c for c in notebook["cells"] if c["id"] == "check_hotfix")
        shown = cell["outputs"][0]["data"]
        return {kind: "".join(text) for kind, text in shown.items()}
