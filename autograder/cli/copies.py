"""The learner's copies of the notebooks: made, signed; the front page kept fresh."""

import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_output

from autograder.files import whole
from course.learner import Progress

from .workspace import FRONT_PAGE, jupyter_folder, learners_journal, own_copy

NOTEBOOKS = ("course/notebooks/*.ipynb", "exercises/*/*.ipynb")
FIGURES = ("course/figures/*.svg",)
# The names of notebooks in earlier versions → their present names.
RENAMED = {"05_bleeding.ipynb": "05_stop_the_bleeding.ipynb"}


def prepare(project: Path) -> list[str]:
    """Copy missing notebooks and figures into work/; never overwrite a file there.

    work/ mirrors the project's tree, so that links between notebooks work in both. A
    copy whose notebook has been renamed is renamed, too. Returns lines to print.
    """
    for before, now in RENAMED.items():
        copy = project / "work/course/notebooks" / before
        if copy.exists() and not copy.with_name(now).exists():
            copy.rename(copy.with_name(now))
    copied = []
    for pattern in (*NOTEBOOKS, *FIGURES):
        for original in sorted(project.glob(pattern)):
            if not own_copy(project, original).exists():
                copy_afresh(project, original)
                if pattern in NOTEBOOKS:
                    copied.append(original)
    if not copied:
        return []
    noun = "notebook" if len(copied) == 1 else "notebooks"
    return [f"Copied {len(copied)} {noun} to work/. That is yours to change."]


def copy_afresh(project: Path, original: Path) -> None:
    """Make the learner's copy of `original`, and have JupyterLab trust it."""
    copy = own_copy(project, original)
    copy.parent.mkdir(parents=True, exist_ok=True)
    with whole(copy) as partial:
        shutil.copyfile(original, partial)
    if copy.suffix == ".ipynb":
        trust(project, copy)


def trust(project: Path, notebook: Path) -> None:
    """Sign one of the course's notebooks, so that JupyterLab shows its outputs."""
    data = jupyter_folder(project) / "data"
    data.mkdir(parents=True, exist_ok=True)
    NotebookNotary(data_dir=str(data)).sign(nbformat.read(notebook, as_version=4))


def changed_front_page(project: Path) -> list[str]:
    """Return lines to print: what to do about a front page that cannot be updated."""
    page = project / "work" / FRONT_PAGE
    if read_front_page(page) is not None:
        return []
    return [f"{page} is not as it was. A fresh one: ./outage reset 00"]


def show_the_way(project: Path) -> None:
    """Bring the learner's front page up to date, unless the learner has changed it."""
    # Not at the top: the import takes 0.4 s, for which `learn` need not wait.
    from course.panel.front import as_bundle

    page = project / "work" / FRONT_PAGE
    notebook = read_front_page(page)
    if notebook is None:
        return
    progress = Progress.of(learners_journal(project))
    outputs = [new_output("display_data", as_bundle(progress))]
    cell = front_page_cell(notebook)
    if cell.outputs == outputs:
        return
    cell.outputs = outputs
    with whole(page) as partial:
        nbformat.write(notebook, partial)
    trust(project, page)


def read_front_page(page: Path) -> NotebookNode | None:
    """Return the notebook at `page`, or None if it has no place for the front page."""
    try:
        notebook = nbformat.read(page, as_version=4)
        front_page_cell(notebook)
    except (ValueError, AttributeError):  # not JSON, not a notebook, or no such cell
        return None
    return notebook


def front_page_cell(notebook: NotebookNode) -> NotebookNode:
    """Return the cell that shows the front page. Raises ValueError without one."""
    [cell] = [c for c in notebook.cells if "front_page()" in c.source]
    return cell
