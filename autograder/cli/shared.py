"""Shared by the commands: the project's folder, the two consoles, some options."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

PROJECT = Path(__file__).parents[2]

# What is printed may quote learners, so none of it is markup.
out = Console(markup=False, emoji=False)
err = Console(stderr=True, markup=False, emoji=False)

ExerciseNumber = Annotated[
    str, typer.Argument(help="Number of the exercise, such as 05.")
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

NoSandbox = Annotated[
    bool,
    typer.Option(
        "--no-sandbox",
        help="Run the answers with your own rights: limits, but no sandbox.",
    ),
]
