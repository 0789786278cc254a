"""`outage build`: every generated file from its source.

course/lessons/NN.py     → course/notebooks/NN.ipynb
solutions/NN/NN.py       → autograder/source/NN/NN.ipynb
autograder/source/       → exercises/NN/NN.ipynb, by nbgrader's generate_assignment
autograder/judge/verdict → autograder/verdict.schema.json
authoring/matrix         → course/matrix.md
authoring/topics         → course/topics.md
known answers of 13      → course/modules/13_game_day/outages.sealed
defects of 11            → course/modules/11_review/checks/key.toml
recordings/june          → course/outage.svg, course/outage-dark.svg
"""

import io
import json
import logging
import shutil
from pathlib import Path
from typing import Annotated, NoReturn

import jupytext
import nbformat
import typer
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from autograder.authoring import matrix, topics
from autograder.authoring.known import cases
from autograder.authoring.sealing import KEY, review_key, seal
from autograder.judge import Exercise, Verdict
from autograder.learning import game_day
from course.outage import Release
from course.outage.incident.replay import Plan
from course.outage.telemetry import recording
from course.outage.tempdirs import own_folder
from course.panel.june_picture import picture
from course.panel.marks import DARK, LIGHT

from .errors import Exit, FellShort
from .recording import record as record_lessons
from .shared import PROJECT, out

GENERATED = ("course/notebooks", "autograder/source", "exercises")
SCHEMA = "autograder/verdict.schema.json"
MATRIX = "course/matrix.md"
TOPICS = "course/topics.md"
SEALED = str(game_day.SEALED.relative_to(PROJECT))
REVIEW_KEY = str(KEY.relative_to(PROJECT))
# The README's picture, and the colors of the pages that it stands on.
PICTURES = {"course/outage.svg": LIGHT, "course/outage-dark.svg": DARK}
SINGLE = (SCHEMA, MATRIX, TOPICS, SEALED, REVIEW_KEY, *PICTURES)


def build(
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail on a difference.")
    ] = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="Instead, run lessons and keep their runs: 10 minutes."
        ),
    ] = False,
) -> None:
    """Make the generated files, or compare them with freshly made ones."""
    if record:
        if not record_lessons():
            raise typer.Exit(Exit.FELL_SHORT)
        return
    with own_folder("outage-build-") as fresh:
        for lesson in sorted((PROJECT / "course" / "lessons").glob("*.py")):
            to_notebook(lesson, fresh / "course/notebooks" / f"{lesson.stem}.ipynb")
        for text in sorted((PROJECT / "solutions").glob("*/*.py")):
            name = text.parent.name
            to_notebook(text, fresh / "autograder/source" / name / f"{name}.ipynb")
        with out.status("nbgrader generate_assignment ..."):
            generate_assignments(fresh)
        different = [
            path for part in GENERATED for path in compare(PROJECT, fresh, part)
        ]
        if check_only and different:  # files made from notebooks cannot be compared
            differ(different)
        if not check_only:
            for part in GENERATED:
                shutil.rmtree(PROJECT / part, ignore_errors=True)
                shutil.copytree(fresh / part, PROJECT / part)
        (fresh / SCHEMA).write_text(verdict_schema())
        (fresh / MATRIX).write_text(matrix.as_markdown(), "utf-8")
        (fresh / TOPICS).write_text(topics.as_markdown(), "utf-8")
        sealed = seal(cases(Exercise.named(game_day.EXERCISE)))
        (fresh / SEALED).parent.mkdir(parents=True)
        (fresh / SEALED).write_text(sealed)
        (fresh / REVIEW_KEY).parent.mkdir(parents=True)
        (fresh / REVIEW_KEY).write_text(review_key(Exercise.named("11")))
        june, plan = recording.june(), Plan(Release.named("bad"), Release.named("good"))
        for path, colours in PICTURES.items():
            svg = picture(june, plan.minutes_per_s, plan.title, colours)
            (fresh / path).write_text(svg, "utf-8")
        different += [path for path in SINGLE if not same(PROJECT / path, fresh / path)]
        if check_only and different:
            differ(different)
        if not check_only:
            for path in SINGLE:
                shutil.copy(fresh / path, PROJECT / path)
            for path in different:
                out.print(f"made {path}", highlight=False)
    out.print("Everything generated is up to date.")


def differ(paths: list[str]) -> NoReturn:
    """Print the generated files that differ from their sources; end with code 1."""
    for path in paths:
        out.print(path, highlight=False)
    out.print("differ from their sources. Run: ./outage build", style="red")
    raise typer.Exit(Exit.FELL_SHORT)


def verdict_schema() -> str:
    """Return the JSON schema of verdicts."""
    return json.dumps(Verdict.model_json_schema(), indent=2) + "\n"


def same(old: Path, new: Path) -> bool:
    """Return whether both files exist and have the same content."""
    return old.exists() and old.read_bytes() == new.read_bytes()


def to_notebook(source: Path, target: Path) -> None:
    """Convert a percent-format text to a notebook; equal texts give equal bytes."""
    notebook = jupytext.read(source)
    notebook.metadata = nbformat.NotebookNode(
        kernelspec={
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        language_info={"name": "python"},
    )
    for number, cell in enumerate(notebook.cells):
        # jupytext makes up new ids each time; a stable id keeps the file stable.
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{number:02}")
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def generate_assignments(fresh: Path) -> None:
    """Let nbgrader make the learners' notebooks. Raises FellShort if it cannot.

    This does the same as `nbgrader generate_assignment`, but in this process: each of
    its commands spends two seconds of processor time on imports, for one exercise.
    """
    folder = PROJECT / "autograder"
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.source_directory = str(fresh / "autograder/source")
    config.CourseDirectory.release_directory = str(fresh / "exercises")
    config.CourseDirectory.db_url = f"sqlite:///{fresh / 'gradebook.db'}"
    (fresh / "exercises").mkdir()
    log = io.StringIO()
    for source in sorted((fresh / "autograder/source").iterdir()):
        config.CourseDirectory.assignment_id = source.name
        course = CourseDirectory(config=config)
        maker = GenerateAssignment(coursedir=course, config=config)
        maker.force = True
        maker.log.handlers = [logging.StreamHandler(log)]
        try:
            maker.start()
        except (SystemExit, NbGraderException) as exc:  # the ways its commands fail
            raise FellShort(
                f"nbgrader generate_assignment {source.name}:\n{log.getvalue()}"
            ) from exc


def compare(project: Path, fresh: Path, part: str) -> list[str]:
    """Return the files below `part` that are missing, stale or extra in `project`."""

    def contents(root: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in (root / part).rglob("*.ipynb")
            if ".ipynb_checkpoints" not in path.parts
        }

    old, new = contents(project), contents(fresh)
    return sorted(p for p in old.keys() | new.keys() if old.get(p) != new.get(p))
