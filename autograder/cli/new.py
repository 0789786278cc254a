"""`outage new`: the files of a new module, from the template for modules."""

import re
from typing import Annotated

import typer

from .errors import WrongUsage
from .shared import PROJECT, out

TEMPLATE = PROJECT / "autograder" / "authoring" / "template"

NAME = re.compile(r"\d\d(_[a-z][a-z0-9]*)+")
TITLE = re.compile(r"[^\"\\\x00-\x1f]+")
# Placeholders for the module's name, number and title, in paths and in texts.
PLACEHOLDER = re.compile("NN_name|NN|TITLE")

NEXT = """
It holds an example, and in each file the rules for what takes its place. Then:

  ./outage build             makes its notebooks
  ./outage calibrate {number}      judges its known answers
  ./outage test -- -k {name}

By hand: link to it at the end of the module before, and cite it in course/checklist.md.
"""


def new(
    name: Annotated[
        str, typer.Argument(help="Two digits and words, such as 14_backpressure.")
    ],
    title: Annotated[
        str | None, typer.Option(help="Left out, the words of the name.")
    ] = None,
) -> None:
    """Write all files of a new module: lesson, exercise, checks, known answers."""
    if title is None:
        title = name[3:].replace("_", " ").capitalize()
    if reason := refusal(name, title):
        raise WrongUsage(f"{reason} Nothing was written.")
    number = name[:2]
    values = {"NN_name": name, "NN": number, "TITLE": title}
    for path in sorted(path for path in TEMPLATE.rglob("*.*") if path.is_file()):
        if "__pycache__" in path.parts:
            continue
        target = PROJECT / filled(str(path.relative_to(TEMPLATE)), values)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(filled(path.read_text("utf-8"), values), "utf-8")
        out.print(
            f"made {target.relative_to(PROJECT)}",
            highlight=False,
            soft_wrap=True,
        )
    out.print(NEXT.format(number=number, name=name), highlight=False)


def refusal(name: str, title: str) -> str:
    """Return why there can be no module of that name and title, or an empty string."""
    if not TEMPLATE.exists():
        return "modules are made in a clone of the project, and this is none."
    if not NAME.fullmatch(name):
        return (
            f"{name!r} is no name for a module. It has two digits, then words in small"
            " letters, joined by underscores, such as 14_backpressure."
        )
    if not TITLE.fullmatch(title):
        return "a title is one line without quotation marks and backslashes."
    for folder in ("course/modules", "course/lessons", "solutions"):
        for taken in sorted((PROJECT / folder).glob(f"{name[:2]}_*")):
            return f"{name[:2]} is taken, by {taken.relative_to(PROJECT)}."
    return ""


def filled(text: str, values: dict[str, str]) -> str:
    """Return a text of the template with its placeholders replaced by `values`."""
    return PLACEHOLDER.sub(lambda match: values[match[0]], text)
