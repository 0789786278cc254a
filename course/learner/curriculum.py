"""The modules of the course, in order: the folders of course/modules/."""

import runpy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULES = Path(__file__).parents[1] / "modules"


@dataclass(frozen=True)
class Part:
    """A lesson or an exercise: its name, its notebook's path, and its minutes.

    `path` is relative both to the project's root and to work/.
    """

    kind: str
    number: str
    name: str
    path: str
    minutes: int

    @property
    def label(self) -> str:
        """Return the name that learners use, such as "lesson 05"."""
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class Module:
    """A module, as its module.toml describes it; `name` is the name of its folder.

    `topics` are the headings of the lesson that teach each topic; `observed` are texts
    that the lesson's cells print on any machine. A lesson is `recorded` if its runs
    depend on how fast the machine is: `outage build --record` saves them. Where they
    are an `incident`, its clock is 14:00 when the alert fires.
    """

    name: str
    clock: str
    title: str
    about: str
    lesson_minutes: int
    exercise_minutes: int
    observed: tuple[str, ...]
    topics: Mapping[str, tuple[str, ...]]
    recorded: bool = False
    incident: bool = False

    @property
    def number(self) -> str:
        """Return the module's number as two digits, such as "05"."""
        return self.name.partition("_")[0]

    @property
    def parts(self) -> list[Part]:
        """Return the module's lesson, then its exercise."""
        notebook = f"{self.name}.ipynb"
        return [
            Part(
                "lesson",
                self.number,
                self.name,
                f"course/notebooks/{notebook}",
                self.lesson_minutes,
            ),
            Part(
                "exercise",
                self.number,
                self.name,
                f"exercises/{self.name}/{notebook}",
                self.exercise_minutes,
            ),
        ]


def modules() -> list[Module]:
    """Return all modules, in the order of the course."""
    return [_read(path) for path in sorted(MODULES.glob("*/module.toml"))]


def module(number: str) -> Module:
    """Return the module with the two-digit `number`. Raises KeyError."""
    return {m.number: m for m in modules()}[number]


def questions(name: str) -> dict[str, Any]:
    """Return the questions of the module `name`, from its questions.toml, if any."""
    path = MODULES / name / "questions.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def observations(name: str) -> dict[str, Any]:
    """Return the functions of the observations.py of the module `name`, by name.

    There is one for each prediction of the lesson, which tells from its runs which
    option came true. Learners do not see it beside the question.
    """
    return runpy.run_path(str(MODULES / name / "observations.py"))


def _read(path: Path) -> Module:
    data = tomllib.loads(path.read_text("utf-8"))
    data["observed"] = tuple(data["observed"])
    data["topics"] = {topic: tuple(taught) for topic, taught in data["topics"].items()}
    return Module(path.parent.name, **data)
