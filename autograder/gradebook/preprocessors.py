"""nbgrader preprocessors: exercises into its cells, verdicts into their outputs."""

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from autograder.judge import Exercise
from autograder.judge.store import KEY, STORE, VERDICT, VerdictStore, as_task
from autograder.learning.pages import as_html
from autograder.learning.presenting import as_text
from autograder.printable import one_line
from autograder.sandbox import Confined

from .submissions import ASIDE, READINGS, notes_on, read_notebook, rebuilt
from .unscored import NotScored, take_back

NOTES = "outage_notes"


class GivenCode(NbGraderPreprocessor):  # type: ignore[misc]
    """A preprocessor that fills solution cells with the text that learners start from.

    These are the cells whose answer has a `start` or a `module`. It runs after
    ClearSolutions, which has just emptied them.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Fill the solution cells of one notebook."""
        exercise = Exercise.named(resources["nbgrader"]["assignment"])
        starts = {
            slot.grade_id: slot.given()
            for slot in exercise.slots
            if slot.module or slot.start
        }
        for cell in nb.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in starts:
                cell.source = starts[grade_id].strip()
        return nb, resources


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """A preprocessor that puts a submission's answers into a fresh released notebook.

    Everything else in a submission (added or changed cells, metadata, outputs) is left
    out.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Replace one submission by the rebuilt notebook."""
        names = resources["nbgrader"]
        exercise = Exercise.named(names["assignment"])
        released = nbformat.read(exercise.notebook, as_version=4)
        # The working directory of nbgrader is the course's root. It has read `nb`
        # through any link that has come since links were put aside.
        submission = Path("submitted", names["student"], names["assignment"])
        fresh, odd = rebuilt(
            read_notebook(submission / exercise.notebook.name), released
        )
        fresh.metadata[NOTES] = [*notes_on(submission, Path(ASIDE)), *odd]
        for note in fresh.metadata[NOTES]:
            self.log.warning("%s: %s", one_line(names["student"]), note)
        return fresh, resources


class JudgeCells(NbGraderPreprocessor):  # type: ignore[misc]
    """A preprocessor that writes the verdict, stored or new, into each check cell.

    `outage grade NN --force` replaces a stored verdict.
    """

    no_sandbox = Bool(
        False,
        help="Run other people's code without the sandbox, with your user's rights.",
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Fill the check cells of one submission.

        Raises SandboxUnavailable, and NotScored for an inconclusive verdict: nbgrader
        then logs it, keeps no graded notebook, and goes on with the next submission.
        """
        names = resources["nbgrader"]
        exercise = Exercise.named(names["assignment"])
        confined = Confined.LIMITS if self.no_sandbox else Confined.SANDBOX
        task = as_task(exercise, nb.metadata[READINGS], confined)
        verdict = VerdictStore(Path(STORE)).verdict_on(task)
        if verdict.inconclusive:
            # The score of an earlier submission does not hold for this one.
            take_back(names["db_url"], exercise.name, names["student"])
            raise NotScored(verdict)
        verdict = verdict.model_copy(update={"notes": nb.metadata[NOTES]})
        nb.metadata[KEY] = task.key
        nb.metadata[VERDICT] = verdict.model_dump(mode="json")
        for cell in nb.cells:
            marks = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "code":
                cell.outputs = []
            if not marks.get("grade") or marks.get("solution"):
                continue
            bundle = {"text/plain": as_text(verdict), "text/html": as_html(verdict)}
            # nbgrader takes the first execute_result that is a number.
            score = {"text/plain": str(verdict.score)}
            cell.outputs = [
                new_output("display_data", bundle),
                new_output("execute_result", score, execution_count=1),
            ]
        return nb, resources
