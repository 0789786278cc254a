"""The `outage` command: loads a subcommand and turns its errors into exit codes."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from autograder.printable import printable

from .shared import err

# Each is a function of that name in a module of that name.
COMMANDS = {
    "learn": "Open JupyterLab at the course's front page.",
    "teach": "Open nbgrader's formgrader, and JupyterLab with nbgrader's tools.",
    "replay": "Watch the whole incident of 5 June 2024, compressed, live in the"
    " terminal.",
    "check": "Judge your work of an exercise, as the notebook does.",
    "hint": "Open the next hint to your work of an exercise: one for each try.",
    "progress": "Say what you have done, what is next, and how many minutes are left.",
    "reset": "Start a notebook over: yours is put aside in work/kept/, a fresh one"
    " laid.",
    "calibrate": "Judge every known right and wrong answer; count false verdicts.",
    "grade": "Grade a class into the gradebook; interrupted, it goes on where it was.",
    "report": "Write the cohort's report: who stands where, which check stops whom.",
    "new": "Lay all files of a new module: lesson, exercise, checks, known answers.",
    "package": "Make the learners' package: no solutions, no held-back checks, one"
    " zip.",
    "doctor": "Say what this machine can and cannot do, each with its remedy.",
    "build": "Make every generated file from its source.",
    "test": "Run the project's own tests, all of them, as CI does.",
}


class Commands(TyperGroup):
    """The commands by name; a command's module is imported when it is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that `args` begin with, load it, and return it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and load(str(name)), rest


def load(name: str) -> Any:
    """Import the module of the command `name`, and make a command of its function."""
    function = getattr(import_module(f".{name}", __package__), name)
    alone = typer.Typer(add_completion=False)
    alone.command(name, help=COMMANDS[name])(function)
    return typer.main.get_command(alone)


app = Commands(
    name="outage",
    commands={name: TyperCommand(name, help=help) for name, help in COMMANDS.items()},
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Live through a real API outage, find the exception handling behind it,"
    " fix it, and prove the fix.\n\nNew here? Run [bold]./outage learn[/bold].",
    epilog="Exit codes: 0 all is well, 1 a check failed or something fell short,"
    " 2 wrong usage, 3 this machine cannot do it (the message says what to do).",
)


def main() -> None:
    """Run the console script `outage`, and end with its exit code."""
    # nbgrader runs `alembic` by name, and Jupyter its own programs; the environment
    # that this Python is from need not be activated.
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", "")])
    try:
        app(prog_name="outage")
    except KeyboardInterrupt:
        err.print("\nInterrupted; everything it had started is stopped.")
        sys.exit(130)
    except Exception as exc:
        code = getattr(exc, "exits_with", None)  # see errors.py
        if code is None:
            raise
        err.print(printable(f"outage: {exc}"), style="red", highlight=False)
        sys.exit(code)
