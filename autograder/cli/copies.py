"""The learner's copies of the notebooks: made, signed, and the first one's map."""

import shutil
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_output

from autograder.files import whole
from course.learner import Progress
from course.panel.front import as_bundles

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


def show_the_way(project: Path) -> list[str]:
    """Update the map on the learner's front page.

    Returns lines to print: none, or one that says why that was not possible.
    """
    page = project / "work" / FRONT_PAGE
    try:
        notebook = nbformat.read(page, as_version=4)
        [cell] = [c for c in notebook.cells if "front_page()" in c.source]
        progress = Progress.of(learners_journal(project))
        cell.outputs = [
            new_output("display_data", data) for data in as_bundles(progress)
        ]
        with whole(page) as partial:
            nbformat.write(notebook, partial)
    except (ValueError, AttributeError):  # not JSON, not a notebook, or no such cell
        return [f"{page} is not as it was. A fresh one: ./outage reset 00"]
    trust(project, page)
    return []
