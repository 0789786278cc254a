"""A learner's answers: the text of each solution cell, by its grade_id."""

from pathlib import Path
from typing import Any

from .errors import NotebookUnreadable

Answers = dict[str, str]


def from_notebook(path: Path) -> list[Answers]:
    """Return the readings of the notebook (.ipynb, or .py in percent format) at `path`.

    Raises NotebookUnreadable.
    """
    # Not at the top: the import takes 1.2 s, and neither a check in a notebook nor the
    # process that runs the checks needs it.
    import jupytext

    try:
        notebook = jupytext.read(path)
        return readings(notebook.cells)
    except FileNotFoundError as exc:
        raise NotebookUnreadable(path, "there is no such file") from exc
    except Exception as exc:
        # A damaged file fails in as many ways as there are parsers involved.
        raise NotebookUnreadable(path, f"{type(exc).__name__}: {exc}") from exc


def readings(cells: list[Any]) -> list[Answers]:
    """Return every way to read the answers in a notebook's `cells`; nearly always one.

    JupyterLab gives both halves of a split cell, and both copies of a copied cell, the
    same grade_id. Then there are three readings: all cells with that grade_id together,
    the first alone, the last alone.
    """
    texts_of: dict[str, list[str]] = {}
    for cell in cells:
        grade_id = grade_id_of(cell)
        if grade_id and cell.metadata["nbgrader"].get("solution"):
            texts_of.setdefault(grade_id, []).append(cell.source)
    together = {name: "\n".join(texts) for name, texts in texts_of.items()}
    if all(len(texts) == 1 for texts in texts_of.values()):
        return [together]
    first = {name: texts[0] for name, texts in texts_of.items()}
    last = {name: texts[-1] for name, texts in texts_of.items()}
    return [together, first, last]


def grade_id_of(cell: Any) -> str:
    """Return the grade_id of a cell, or an empty string if it has none that is text."""
    metadata = cell.metadata.get("nbgrader", {})
    grade_id = metadata.get("grade_id") if isinstance(metadata, dict) else None
    return grade_id if isinstance(grade_id, str) else ""
