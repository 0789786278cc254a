"""`outage progress`: where the learner stands, in the terminal."""

import json

from rich.table import Table

from course.learner import Progress

from .shared import PROJECT, AsJson, out
from .workspace import learners_journal


def progress(as_json: AsJson = False) -> None:
    """Print the modules, which parts are done, and which is next."""
    course_progress = Progress.of(learners_journal(PROJECT))
    if as_json:
        print(json.dumps(as_data(course_progress), indent=2))
        return
    table = Table("", "module", "lesson", "exercise", "minutes", box=None)
    for module in course_progress.modules:
        states = [course_progress.state(part) for part in module.parts]
        minutes = " + ".join(str(part.minutes) for part in module.parts)
        table.add_row(module.number, module.title, *states, minutes)
    out.print(table)
    if course_progress.next is None:
        out.print("Everything is done.")
    else:
        out.print(
            f"\nNext: {course_progress.next.label}, work/{course_progress.next.path}."
            f" About {course_progress.minutes_left} minutes are left.",
            highlight=False,
            soft_wrap=True,
        )


def as_data(progress: Progress) -> dict[str, object]:
    """Return the learner's progress as data that JSON can hold."""
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
