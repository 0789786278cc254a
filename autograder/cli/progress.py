"""`outage progress`: where the learner stands, in the terminal."""

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from course.learner import Progress

from .workspace import learners_journal


def report(project: Path, out: Console, as_json: bool) -> int:
    """Print the modules, what is done, what is next. Returns 0."""
    progress = Progress.of(learners_journal(project))
    if as_json:
        print(json.dumps(as_data(progress), indent=2))
        return 0
    table = Table("", "module", "lesson", "exercise", "minutes", box=None)
    for module in progress.modules:
        states = [progress.state(part) for part in module.parts]
        minutes = " + ".join(str(part.minutes) for part in module.parts)
        table.add_row(module.number, module.title, *states, minutes)
    out.print(table)
    if progress.next is None:
        out.print("Everything is done.")
    else:
        out.print(
            f"\nNext: {progress.next.label}, work/{progress.next.path}."
            f" About {progress.minutes_left} minutes are left.",
            highlight=False,
            soft_wrap=True,
        )
    return 0


def as_data(progress: Progress) -> dict[str, object]:
    """The same for programs."""
    return {
        "parts": [
            {
                "part": part.label,
                "path": f"work/{part.path}",
                "minutes": part.minutes,
                "done": progress.is_done(part),
                "best": progress.best.get(part.number)
                if part.kind == "exercise"
                else None,
            }
            for part in progress.parts
        ],
        "next": progress.next and progress.next.label,
        "minutes_left": progress.minutes_left,
    }
