"""nbgrader's gradebook, which only this process writes, in nbgrader's own way.

Each verdict goes through the code of `nbgrader autograde` with our configuration, which
finds it in the store. So a grade is the same, whichever of the two has written it.
"""

import fcntl
import io
import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config.loader import PyFileConfigLoader

from autograder.judge import Exercise, Verdict
from autograder.judge.store import KEY, VERDICT
from autograder.sandbox import Confined

from .errors import AlreadyGrading, GradebookRefused
from .unscored import take_back


@dataclass(frozen=True)
class Entry:
    """The gradebook's entry for one submission; `late_s` is in seconds.

    Its score comes from `verdict`, which is stored under `key`.
    """

    score: float
    points: float
    needs_manual_grade: bool
    late_s: float
    key: str
    verdict: Verdict


class Book:
    """The gradebook of the course whose nbgrader_config.py is in `folder`."""

    def __init__(self, folder: Path, confined: Confined) -> None:
        self.folder = folder
        loader = PyFileConfigLoader("nbgrader_config.py", path=str(folder))
        self._config = loader.load_config()
        self._config.JudgeCells.no_sandbox = confined is not Confined.SANDBOX
        self._course = CourseDirectory(config=self._config)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Lock the course while the block runs. Raises AlreadyGrading."""
        with open(self.folder / ".grading.lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                raise AlreadyGrading(
                    "Another grading run is at work in this course. Wait for its end,"
                    " or end it: this one then goes on where it was."
                ) from exc
            yield

    def make_known(self, exercise: Exercise) -> None:
        """Add the exercise to the gradebook's assignments, if it is not there yet."""
        with self._open() as book:
            if exercise.name in {known.name for known in book.assignments}:
                return
        maker = GenerateAssignment(coursedir=self._course, config=self._config)
        maker.force = True
        self._start(maker, exercise, "*")

    def write(self, exercise: Exercise, student: str) -> None:
        """Grade one submission, as `nbgrader autograde --force` does.

        Manual grades, comments and the time of submission are kept. Raises
        GradebookRefused.
        """
        grader = Autograde(coursedir=self._course, config=self._config)
        grader.force = grader.create_student = True
        self._start(grader, exercise, student)

    def take_back(self, exercise: Exercise, student: str) -> None:
        """Remove the grade of a submission, except what people have written."""
        take_back(self._course.db_url, exercise.name, student)
        # Without the graded notebook, nbgrader gives no feedback and grades it again.
        shutil.rmtree(self.graded(exercise, student).parent, ignore_errors=True)

    def entries(self, exercise: Exercise) -> dict[str, Entry]:
        """Return the entry of each submission whose grade was written, by student."""
        # One session for all: opening one takes longer than reading a class.
        with self._open() as book:
            if exercise.name not in {known.name for known in book.assignments}:
                return {}
            submissions = book.assignment_submissions(exercise.name)
            entries = {s.student.id: self._entry(exercise, s) for s in submissions}
        return {student: entry for student, entry in entries.items() if entry}

    def _entry(self, exercise: Exercise, submission: Any) -> Entry | None:
        path = self.graded(exercise, submission.student.id)
        try:
            metadata = nbformat.read(path, as_version=4).metadata
            key, verdict = metadata[KEY], Verdict.model_validate(metadata[VERDICT])
        except (OSError, ValueError, KeyError, AttributeError):
            return None  # not graded, or interrupted while nbgrader wrote it
        return Entry(
            submission.score,
            submission.max_score,
            bool(submission.needs_manual_grade),
            float(submission.total_seconds_late),
            key,
            verdict,
        )

    def graded(self, exercise: Exercise, student: str) -> Path:
        """Return the path at which nbgrader puts the graded notebook."""
        name = exercise.name
        folder: str = self._course.format_path(
            self._course.autograded_directory, student, name
        )
        return Path(folder) / exercise.notebook.name

    def _open(self) -> Any:
        return Gradebook(self._course.db_url, self._course.course_id)

    def _start(self, app: Any, exercise: Exercise, student: str) -> None:
        log = io.StringIO()
        handler = logging.StreamHandler(log)
        app.log.addHandler(handler)
        propagates, app.log.propagate = app.log.propagate, False
        self._course.assignment_id, self._course.student_id = exercise.name, student
        try:
            with warnings.catch_warnings():
                # nbgrader's own: it uses objects that it has not added to its session.
                warnings.simplefilter("ignore", SAWarning)
                app.start()
        except (Exception, SystemExit) as exc:
            raise GradebookRefused(
                f"nbgrader could not grade {student}'s {exercise.name}: {exc}\n"
                f"{log.getvalue()[-2000:]}"
            ) from exc
        finally:
            app.log.propagate = propagates
            app.log.removeHandler(handler)
