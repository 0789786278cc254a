"""The learner's folder work/: what lies where in it. It is never in git."""

from datetime import UTC, datetime
from pathlib import Path

from course.learner import Journal

FRONT_PAGE = "course/notebooks/00_start.ipynb"


def own_copy(project: Path, original: Path) -> Path:
    """Where the learner's copy of the notebook `original` lies."""
    return project / "work" / original.relative_to(project)


def jupyter_folder(project: Path) -> Path:
    """Where the course's own JupyterLab keeps its settings and signatures."""
    return project / "work" / ".jupyter"


def learners_journal(project: Path) -> Journal:
    """What the learner has done, as notebooks and commands have written it."""
    return Journal(project / "work" / "journal.jsonl")


def put_aside(project: Path, original: Path) -> Path | None:
    """Move the learner's copy of `original` into work/kept/; where it lies then."""
    copy = own_copy(project, original)
    if not copy.exists():
        return None
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
    kept = project / "work" / "kept" / f"{copy.stem} {now}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy.rename(kept)
    return kept
