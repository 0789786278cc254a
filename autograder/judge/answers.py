"""A learner's answers: the text of each solution cell, by its grade_id."""

from pathlib import Path

import jupytext
import nbformat

from .errors import NotebookUnreadable

Answers = dict[str, str]


def from_notebook(path: Path) -> Answers:
    """The solution cells of the notebook (.ipynb, or .py in percent format) at `path`.

    Of two cells with one grade_id the first counts: nbgrader keeps that one too.
    Raises NotebookUnreadable.
    """
    try:
        notebook = jupytext.read(path)
    except FileNotFoundError as exc:
        raise NotebookUnreadable(path, "there is no such file") from exc
    except Exception as exc:
        # A damaged file fails in as many ways as there are parsers beneath.
        raise NotebookUnreadable(path, f"{type(exc).__name__}: {exc}") from exc
    return solution_cells(notebook)


def solution_cells(notebook: nbformat.NotebookNode) -> Answers:
    """The text of each solution cell of `notebook`."""
    answers: Answers = {}
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and marks.get("solution"):
            answers.setdefault(marks["grade_id"], cell.source)
    return answers
