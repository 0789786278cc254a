"""`outage reset`: a fresh copy of a notebook; nothing of the learner's is lost."""

from pathlib import Path

from rich.console import Console

from course.learner import modules

from .copies import copy_afresh, show_the_way
from .workspace import FRONT_PAGE, put_aside


def reset(project: Path, number: str, lesson: bool, out: Console, err: Console) -> int:
    """Put the learner's notebook aside and lay a fresh one. Returns an exit code."""
    kind = "lesson" if lesson else "exercise"
    parts = [part for module in modules() for part in module.parts]
    paths = {part.number: part.path for part in parts if part.kind == kind}
    paths["00"] = FRONT_PAGE
    if number not in paths:
        known = ", ".join(sorted(paths))
        err.print(
            f"outage: no {kind} has the number {number}. Known: {known}.",
            style="red",
            highlight=False,
        )
        return 2
    original = project / paths[number]
    kept = put_aside(project, original)
    copy_afresh(project, original)
    if number == "00":
        show_the_way(project)
    if kept is not None:
        out.print(f"Yours lies in {kept.relative_to(project)}.", highlight=False)
    out.print(
        f"A fresh work/{paths[number]} is there. If it is open in the browser,"
        " choose File → Reload Notebook from Disk.",
        highlight=False,
        soft_wrap=True,
    )
    return 0
