"""The modules of the course, in their order: the folders of course/modules/."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULES = Path(__file__).parents[1] / "modules"


@dataclass(frozen=True)
class Part:
    """A lesson or an exercise: its name, where its notebook lies, and its minutes.

    `path` is relative to the project's root, and to work/ in the same way.
    """

    kind: str
    number: str
    name: str
    path: str
    minutes: int

    @property
    def label(self) -> str:
        """What learners call it, such as "lesson 05"."""
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class Module:
    """One module, as its module.toml describes it; `name` is its folder's.

    `topics` are the headings of the lesson that teach each topic; `observed` is what
    the lesson's cells say on any machine. Of a lesson that is `recorded`, whose runs
    hang on how fast the machine is, `outage build --record` keeps them.
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

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.name.partition("_")[0]

    @property
    def parts(self) -> list[Part]:
        """Its lesson, then its exercise."""
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
    """Return all of them."""
    return [_read(path) for path in sorted(MODULES.glob("*/module.toml"))]


def module(number: str) -> Module:
    """Return the module with these two digits. Raises KeyError."""
    return {m.number: m for m in modules()}[number]


def questions(name: str) -> dict[str, Any]:
    """Return what the lesson of a module asks: its questions.toml, or nothing."""
    path = MODULES / name / "questions.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def _read(path: Path) -> Module:
    told = tomllib.loads(path.read_text("utf-8"))
    told["observed"] = tuple(told["observed"])
    told["topics"] = {topic: tuple(taught) for topic, taught in told["topics"].items()}
    return Module(path.parent.name, **told)
