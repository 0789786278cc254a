"""Exercises: the answers to each, and the release that the answers become.

Each module is a folder, course/modules/NN_name/; its exercise.toml says what to answer
(the title and the minutes stand beside it, in module.toml):

    time_limit_s = 240        # for all checks; left out, 90
    repaired = "…"            # told once all checks pass: what the learner has now,
    in_june = "…"             # and what that would have been on 5 June

    [[objectives]]
    can = "write the narrowest handler that stops an outage"
    taught = ["The narrowest handler"]   # headings of the lesson
    checks = ["test_valid_requests_are_served"]
    answers = ["GRADE_ID"]               # which show it; left out, all of them

    [rules.valid_ones_served]            # a rule that the task states, by a name
    says = "**valid requests** are served as before"   # the words of the task
    checks = ["test_valid_requests_are_served"]        # which watch it

    [answers.GRADE_ID]        # of the solution cell in the notebook
    defines = "dispatch"      # what the cell defines, and the learner gives to check()
    base = "bad"              # the release that the answer goes on top of …
    module = "dispatch.py"    # … in place of this module
    start = "…"               # what the cell starts from; left out, the base's module
    hints = ["…", "…", "…", "…"]   # point, concept, where, nearly the answer

An answer that is a function or a test suite, and not part of the service, has neither
base nor module; its cell marks the solution as nbgrader does. The checks are in checks/
beside exercise.toml, held-back ones in instructors/held_back/: the learners' package
has no folder instructors/.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from course.learner.curriculum import MODULES, module
from course.outage import Release

from .errors import ExerciseNotFound

PROJECT = Path(__file__).parents[2]

# For all checks of an exercise, in seconds in which they and their fleets could run.
TIME_LIMIT_S = 90.0

T = TypeVar("T")


@dataclass(frozen=True)
class AnswerSlot:
    """The place of one answer; the top of this module explains the fields."""

    grade_id: str
    defines: str
    hints: tuple[str, ...]
    base: str = "good"
    module: str = ""
    start: str = ""

    def given(self) -> str:
        """Return the text that the learner starts from, such as the base's module."""
        return self.start or Release.named(self.base).source(self.module)


@dataclass(frozen=True)
class Objective:
    """A skill that an exercise shows, where it is taught, and which checks test it."""

    can: str
    taught: tuple[str, ...]
    checks: tuple[str, ...]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule that a task states in the words `says`, and the checks that watch it."""

    name: str
    says: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """An exercise; `name` is the name of its folder, such as 05_stop_the_bleeding."""

    name: str
    objectives: tuple[Objective, ...]
    slots: tuple[AnswerSlot, ...]
    rules: tuple[Rule, ...] = ()
    time_limit_s: float = TIME_LIMIT_S
    repaired: str = ""
    in_june: str = ""

    @classmethod
    def named(cls, name: str) -> "Exercise":
        """Return the exercise with that folder name or number.

        Raises ExerciseNotFound.
        """
        folders = {p.parent.name: p for p in sorted(MODULES.glob("*/exercise.toml"))}
        for folder, path in folders.items():
            if name in {folder, folder.partition("_")[0]}:
                data = tomllib.loads(path.read_text("utf-8"))
                return cls(
                    folder,
                    tuple(_plain(Objective, o) for o in data["objectives"]),
                    tuple(
                        _plain(AnswerSlot, {"grade_id": grade_id, **slot})
                        for grade_id, slot in data["answers"].items()
                    ),
                    tuple(
                        _plain(Rule, {"name": rule, **entry})
                        for rule, entry in data.get("rules", {}).items()
                    ),
                    data.get("time_limit_s", TIME_LIMIT_S),
                    data.get("repaired", ""),
                    data.get("in_june", ""),
                )
        raise ExerciseNotFound(name, list(folders))

    @property
    def number(self) -> str:
        """Return the exercise's number as two digits, such as "05"."""
        return self.name.partition("_")[0]

    @property
    def title(self) -> str:
        """Return the title of the exercise's module."""
        return module(self.number).title

    @property
    def minutes(self) -> int:
        """Return how many minutes the exercise takes, without its lesson."""
        return module(self.number).exercise_minutes

    def answers_to(self, objective: Objective) -> list[str]:
        """Return the grade_ids of the answers that show `objective`, by default all."""
        return list(objective.answers) or [slot.grade_id for slot in self.slots]

    @property
    def folder(self) -> Path:
        """Return the folder of the exercise's module."""
        return MODULES / self.name

    @property
    def checks(self) -> Path:
        """Return the folder of the exercise's checks."""
        return self.folder / "checks"

    @property
    def held_back(self) -> Path:
        """Return the folder of the held-back checks, which may be missing."""
        return self.folder / "instructors" / "held_back"

    @property
    def known_answers(self) -> Path:
        """Return the folder of the known answers, which may be missing."""
        return self.folder / "instructors" / "known_answers"

    def checks_digest(self, held_back: bool) -> str:
        """Return the SHA-256, in hex, of the checks, held-back ones too if asked."""
        folders = [self.checks, *([self.held_back] if held_back else [])]
        texts = [
            path.read_text("utf-8")
            for folder in folders
            for path in sorted(folder.glob("*"))
            if path.suffix in {".py", ".toml"}
        ]
        return digest(*texts)

    @property
    def notebook(self) -> Path:
        """Return the path of the notebook as it is released to learners."""
        return PROJECT / "exercises" / self.name / f"{self.name}.ipynb"

    @property
    def solution(self) -> Path:
        """Return the path of the source of the notebook and the reference answers."""
        return PROJECT / "solutions" / self.name / f"{self.name}.py"

    def release(self, answers: Mapping[str, str], name: str = "your answer") -> Release:
        """Return the release called `name` that `answers`, by grade_id, make."""
        release = Release.named(self.slots[0].base).called(name)
        for slot in self.slots:
            if slot.module:
                release = release.replace(slot.module, answers[slot.grade_id])
        return release


def exercises() -> list[Exercise]:
    """Return all exercises, in the order of the course."""
    return [
        Exercise.named(p.parent.name) for p in sorted(MODULES.glob("*/exercise.toml"))
    ]


def digest(*texts: str) -> str:
    """Return the SHA-256, in hex, of `texts`."""
    joined = "\0".join(texts).encode("utf-8", "replace")
    return hashlib.sha256(joined).hexdigest()


def _plain(kind: type[T], data: Mapping[str, Any]) -> T:
    """Make a frozen dataclass from a table of a TOML file: lists become tuples."""
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})
