"""The modules of the course, in their order, as curriculum.toml has them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_suffix(".toml")


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
    """One module: its lesson and its exercise, by the names of their files."""

    number: str
    clock: str
    title: str
    about: str
    lesson: str
    lesson_minutes: int
    exercise: str
    exercise_minutes: int

    @property
    def parts(self) -> list[Part]:
        """Its lesson, then its exercise."""
        return [
            Part(
                "lesson",
                self.number,
                self.lesson,
                f"course/notebooks/{self.lesson}.ipynb",
                self.lesson_minutes,
            ),
            Part(
                "exercise",
                self.number,
                self.exercise,
                f"exercises/{self.exercise}/{self.exercise}.ipynb",
                self.exercise_minutes,
            ),
        ]


def modules() -> list[Module]:
    """All of them."""
    return [Module(**m) for m in tomllib.loads(TABLE.read_text("utf-8"))["modules"]]


def module(number: str) -> Module:
    """The module with these two digits. Raises KeyError."""
    return {m.number: m for m in modules()}[number]
