"""Verdicts on disk, each under a digest of all that it depends on."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.judge.window import Window, settled
from autograder.sandbox import Confined

from . import Answers, Exercise, Verdict, judge_best

STORE = "verdicts"  # the folder in autograder/

# In the metadata of a graded notebook: which verdict it shows, and that verdict.
KEY, VERDICT = "outage_key", "outage_verdict"


@dataclass(frozen=True)
class Task:
    """One submission to be judged: every reading of its answers, and how."""

    exercise: str
    readings: tuple[Answers, ...]
    confined: Confined

    @cached_property
    def key(self) -> str:
        """SHA-256, in hex, of the answers, of all checks, and of how they are run."""
        exercise = Exercise.named(self.exercise)
        text = json.dumps(
            [
                self.exercise,
                self.readings,
                self.confined.value,
                exercise.checks_digest(held_back=True),
            ],
            sort_keys=True,
        )
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def judged(self, patience: float = 1.0, seed: int | None = None) -> Verdict:
        """Judge it here and now, as `judge` does with these.

        Raises SandboxUnavailable and JudgingFailed.
        """
        return judge_best(
            Exercise.named(self.exercise),
            self.readings,
            confined=self.confined,
            held_back=True,
            patience=patience,
            seed=seed,
        )


@dataclass(frozen=True)
class VerdictStore:
    """A folder of verdicts. Several runs may read and write it at the same time."""

    folder: Path

    def get(self, task: Task) -> Verdict | None:
        """The verdict on `task`, if it is known."""
        try:
            text = self._path(task).read_text("utf-8")
            return Verdict.model_validate_json(text)
        except (FileNotFoundError, ValueError):
            return None  # of another version, or damaged: it is made again

    def put(self, task: Task, verdict: Verdict) -> None:
        """Keep a verdict, but for one that is to be made again the next time.

        That is: a check of ours broke, or could not be told.
        """
        if {"error", "inconclusive"} & {check.outcome for check in verdict.checks}:
            return
        path = self._path(task)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, whenever this process ends.
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(verdict.model_dump_json(), "utf-8")
        partial.replace(path)

    def forget(self, task: Task) -> None:
        """Have `task` judged anew."""
        self._path(task).unlink(missing_ok=True)

    def verdict_on(self, task: Task) -> Verdict:
        """The verdict that is known, or a new one, which is known from then on.

        Nothing else may be judged by this process meanwhile.
        """
        known = self.get(task)
        if known is None:
            known = settled(task.judged, Window(1))
            self.put(task, known)
        return known

    def _path(self, task: Task) -> Path:
        return self.folder / task.exercise / f"{task.key}.json"


def as_task(
    exercise: Exercise, readings: Sequence[Answers], confined: Confined
) -> Task:
    """The task that a notebook with these `readings` sets."""
    return Task(exercise.name, tuple(readings), confined)
