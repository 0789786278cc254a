"""nbgrader preprocessors: exercises into its cells, verdicts into their outputs."""

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor

from .judge import Exercise, judge
from .judge.answers import solution_cells
from .presenting import as_html, as_text


class GivenCode(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the code that learners start from into each solution cell.

    Runs after ClearSolutions, which has just emptied the cell.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Fill the solution cells of one notebook."""
        exercise = Exercise.named(resources["nbgrader"]["assignment"])
        given = {slot.grade_id: slot.given() for slot in exercise.slots}
        for cell in nb.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in given:
                cell.source = given[grade_id].rstrip()
        return nb, resources


class JudgeCells(NbGraderPreprocessor):  # type: ignore[misc]
    """Judges the answers and writes the verdict into each check cell."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Fill the check cells of one submission."""
        exercise = Exercise.named(resources["nbgrader"]["assignment"])
        verdict = judge(exercise, solution_cells(nb))
        for cell in nb.cells:
            marks = cell.metadata.get("nbgrader", {})
            if cell.cell_type != "code":
                continue
            cell.outputs = []
            if marks.get("grade") and not marks.get("solution"):
                # nbgrader takes the first execute_result that reads as a number.
                cell.outputs = [
                    new_output(
                        "display_data",
                        {"text/plain": as_text(verdict), "text/html": as_html(verdict)},
                    ),
                    new_output(
                        "execute_result",
                        {"text/plain": str(verdict.score)},
                        execution_count=1,
                    ),
                ]
        return nb, resources
