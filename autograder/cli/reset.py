"""`outage reset`: a fresh copy of a notebook; nothing of the learner's is lost."""

from typing import Annotated

import typer

from course.learner import modules

from .copies import copy_afresh, show_the_way
from .errors import WrongUsage
from .shared import PROJECT, out
from .workspace import FRONT_PAGE, put_aside


def reset(
    number: Annotated[str, typer.Argument(help="Of the exercise; 00: the front page.")],
    lesson: Annotated[
        bool, typer.Option("--lesson", help="The lesson of that number instead.")
    ] = False,
) -> None:
    """Move the learner's notebook to work/kept/, and put a fresh one in its place."""
    kind = "lesson" if lesson else "exercise"
    parts = [part for module in modules() for part in module.parts]
    paths = {part.number: part.path for part in parts if part.kind == kind}
    paths["00"] = FRONT_PAGE
    if number not in paths:
        known = ", ".join(sorted(paths))
        raise WrongUsage(f"no {kind} has the number {number}. Known: {known}.")
    original = PROJECT / paths[number]
    old_copy = put_aside(PROJECT, original)
    copy_afresh(PROJECT, original)
    if number == "00":
        show_the_way(PROJECT)
    if old_copy is not None:
        out.print(f"Yours lies in {old_copy.relative_to(PROJECT)}.", highlight=False)
    out.print(
        f"A fresh work/{paths[number]} is there. If it is open in the browser,"
        " choose File → Reload Notebook from Disk.",
        highlight=False,
        soft_wrap=True,
    )
