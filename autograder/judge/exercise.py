"""What an exercise is: its answers and which release each of them becomes.

Each exercise is a folder of checks, autograder/checks/NN_name/, with an exercise.toml:

    title = "Stop the bleeding"
    [answers.GRADE_ID]        # of the solution cell in the notebook
    defines = "dispatch"      # what the cell defines, and the learner gives to check()
    base = "bad"              # the release that the answer goes on top of …
    module = "dispatch.py"    # … in place of this module

An answer that is a function or a test suite and no part of the service has neither base
nor module. Held-back checks are in autograder/held_back/NN_name/, where there are any:
the learners' package has none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from course.outage import Release

from .errors import ExerciseNotFound

PROJECT = Path(__file__).parents[2]
CHECKS = PROJECT / "autograder" / "checks"
HELD_BACK = PROJECT / "autograder" / "held_back"


@dataclass(frozen=True)
class AnswerSlot:
    """Where one answer goes; the fields are explained at the top of this module."""

    grade_id: str
    defines: str
    base: str = "good"
    module: str = ""

    def given(self) -> str:
        """What the learner starts from: the module as the base release has it."""
        return Release.named(self.base).source(self.module)


@dataclass(frozen=True)
class Exercise:
    """One exercise; `name` is its folder's, such as 05_stop_the_bleeding."""

    name: str
    title: str
    slots: tuple[AnswerSlot, ...]

    @classmethod
    def named(cls, name: str) -> "Exercise":
        """The exercise with that folder name or number.

        Raises ExerciseNotFound.
        """
        folders = {p.parent.name: p for p in sorted(CHECKS.glob("*/exercise.toml"))}
        for folder, path in folders.items():
            if name in {folder, folder.partition("_")[0]}:
                data = tomllib.loads(path.read_text("utf-8"))
                slots = (AnswerSlot(k, **v) for k, v in data["answers"].items())
                return cls(folder, data["title"], tuple(slots))
        raise ExerciseNotFound(name, list(folders))

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.name.partition("_")[0]

    @property
    def checks(self) -> Path:
        """The folder of its checks."""
        return CHECKS / self.name

    @property
    def held_back(self) -> Path:
        """The folder of its held-back checks, which may be missing."""
        return HELD_BACK / self.name

    @property
    def notebook(self) -> Path:
        """The untouched notebook, as it is released to learners."""
        return PROJECT / "exercises" / self.name / f"{self.name}.ipynb"

    @property
    def solution(self) -> Path:
        """The text that the notebook and the reference answers come from."""
        return PROJECT / "solutions" / self.name / f"{self.name}.py"

    def release(self, answers: Mapping[str, str], name: str = "your answer") -> Release:
        """The release called `name` that `answers`, by grade_id, make."""
        release = Release.named(self.slots[0].base)
        modules = {s.module: answers[s.grade_id] for s in self.slots if s.module}
        return release.replace(name, modules)
