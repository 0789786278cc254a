"""`outage progress`: where the learner stands, in the terminal."""

import json

from rich.table import Table

from course.learner import Progress

from .shared import PROJECT, AsJson, out
from .workspace import learners_journal


def progress(as_json: AsJson = False) -> None:
    """Print the modules, what is done, what is next."""
    standing = Progress.of(learners_journal(PROJECT))
    if as_json:
        print(json.dumps(as_data(standing), indent=2))
        return
    table = Table("", "module", "lesson", "exercise", "minutes", box=None)
    for module in standing.modules:
        states = [standing.state(part) for part in module.parts]
        minutes = " + ".join(str(part.minutes) for part in module.parts)
        table.add_row(module.number, module.title, *states, minutes)
    out.print(table)
    if standing.next is None:
        out.print("Everything is done.")
    else:
        out.print(
            f"\nNext: {standing.next.label}, work/{standing.next.path}."
            f" About {standing.minutes_left} minutes are left.",
            highlight=False,
            soft_wrap=True,
        )


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
