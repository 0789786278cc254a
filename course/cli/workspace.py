"""The learner's folder work/: copies of the notebooks, edited freely, never in git."""

import shutil
from pathlib import Path

from course.learner import Journal

NOTEBOOKS = ("course/notebooks/*.ipynb", "exercises/*/*.ipynb")
FIGURES = ("course/figures/*.svg",)


def prepare(project: Path) -> list[str]:
    """Copy what is missing into work/, and never touch what is there.

    work/ mirrors the project's tree, so that links between notebooks work in both.
    Returns what there is to say about it.
    """
    copied = []
    for pattern in (*NOTEBOOKS, *FIGURES):
        for original in sorted(project.glob(pattern)):
            copy = own_copy(project, original)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                # By way of a second name: a copy that was interrupted is no copy.
                partial = copy.with_suffix(".partial")
                shutil.copyfile(original, partial)
                partial.replace(copy)
                if pattern in NOTEBOOKS:
                    copied.append(copy)
    if not copied:
        return []
    noun = "notebook" if len(copied) == 1 else "notebooks"
    return [f"Copied {len(copied)} {noun} to work/. That is yours to change."]


def own_copy(project: Path, original: Path) -> Path:
    """Where the learner's copy of the notebook `original` lies."""
    return project / "work" / original.relative_to(project)


def learners_journal(project: Path) -> Journal:
    """What the learner has done, as notebooks and commands have written it."""
    return Journal(project / "work" / "journal.jsonl")
