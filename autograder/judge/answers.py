"""A learner's answers: the text of each solution cell, by its grade_id."""

from pathlib import Path
from typing import Any

from .errors import NotebookUnreadable

Answers = dict[str, str]


def from_notebook(path: Path) -> list[Answers]:
    """The readings of the notebook (.ipynb, or .py in percent format) at `path`.

    Raises NotebookUnreadable.
    """
    # Not at the top: it takes 1.2 s to import, and a check in a notebook or the process
    # that runs the checks have no need of it.
    import jupytext

    try:
        notebook = jupytext.read(path)
        return readings(notebook.cells)
    except FileNotFoundError as exc:
        raise NotebookUnreadable(path, "there is no such file") from exc
    except Exception as exc:
        # A damaged file fails in as many ways as there are parsers beneath.
        raise NotebookUnreadable(path, f"{type(exc).__name__}: {exc}") from exc


def readings(cells: list[Any]) -> list[Answers]:
    """Every way to read the answers among a notebook's `cells`; nearly always one.

    JupyterLab gives both halves of a cell that was split, and both copies of one that
    was copied, the same grade_id. So there are three readings then: all such cells
    together, the first alone, the last alone.
    """
    found: dict[str, list[str]] = {}
    for cell in cells:
        grade_id = grade_id_of(cell)
        if grade_id and cell.metadata["nbgrader"].get("solution"):
            found.setdefault(grade_id, []).append(cell.source)
    together = {name: "\n".join(texts) for name, texts in found.items()}
    if all(len(texts) == 1 for texts in found.values()):
        return [together]
    first = {name: texts[0] for name, texts in found.items()}
    last = {name: texts[-1] for name, texts in found.items()}
    return [together, first, last]


def grade_id_of(cell: Any) -> str:
    """The grade_id of a cell, empty if it has none that is text."""
    marks = cell.metadata.get("nbgrader", {})
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    return grade_id if isinstance(grade_id, str) else ""
