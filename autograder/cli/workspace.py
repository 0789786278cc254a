"""The learner's folder work/, and the places of files in it. It is never in git."""

from datetime import UTC, datetime
from pathlib import Path

from course.learner import Journal

FRONT_PAGE = "course/notebooks/00_start.ipynb"


def own_copy(project: Path, original: Path) -> Path:
    """Return the path of the learner's copy of the notebook `original`."""
    return project / "work" / original.relative_to(project)


def jupyter_folder(project: Path) -> Path:
    """Return the folder for the settings and signatures of the course's JupyterLab."""
    return project / "work" / ".jupyter"


def learners_journal(project: Path) -> Journal:
    """Return the journal that notebooks and commands write."""
    return Journal(project / "work" / "journal.jsonl")


def put_aside(project: Path, original: Path) -> Path | None:
    """Move the learner's copy of `original` into work/kept/; return its new path."""
    copy = own_copy(project, original)
    if not copy.exists():
        return None
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
    target = project / "work" / "kept" / f"{copy.stem} {now}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    copy.rename(target)
    return target
