"""Verdicts on disk, each under a digest of everything that it depends on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.files import whole
from autograder.judge.window import Window, settled
from autograder.sandbox import Confined

from . import Answers, Exercise, Verdict, judge_best

STORE = "verdicts"  # the folder in autograder/

# Keys in a graded notebook's metadata: of the digest, and of the verdict itself.
KEY, VERDICT = "outage_key", "outage_verdict"


@dataclass(frozen=True)
class Task:
    """A submission to judge: every reading of its answers, and how to confine it."""

    exercise: str
    readings: tuple[Answers, ...]
    confined: Confined

    @cached_property
    def key(self) -> str:
        """Return the SHA-256, in hex, of answers, checks, and how they are run."""
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
        """Judge the submission in this process; see `judge` for `patience` and `seed`.

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
    """A folder of verdicts, which several runs may read and write at the same time."""

    folder: Path

    def get(self, task: Task) -> Verdict | None:
        """Return the stored verdict on `task`, or None."""
        try:
            text = self._path(task).read_text("utf-8")
            return Verdict.model_validate_json(text)
        except (FileNotFoundError, ValueError):
            return None  # missing, of another version, or damaged: it is judged again

    def put(self, task: Task, verdict: Verdict) -> None:
        """Store a verdict, unless it is inconclusive: then it is judged again.

        A check that broke would break again. Once it is mended, the task has another
        key.
        """
        if verdict.inconclusive:
            return
        path = self._path(task)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as partial:
            partial.write_text(verdict.model_dump_json(), "utf-8")

    def forget(self, task: Task) -> None:
        """Delete the stored verdict on `task`, so that it is judged again."""
        self._path(task).unlink(missing_ok=True)

    def verdict_on(self, task: Task) -> Verdict:
        """Return the stored verdict, or judge `task` now and store the result.

        This process may judge nothing else in the meantime.
        """
        verdict = self.get(task)
        if verdict is None:
            verdict = settled(task.judged, Window(1))
            self.put(task, verdict)
        return verdict

    def _path(self, task: Task) -> Path:
        return self.folder / task.exercise / f"{task.key}.json"


def as_task(
    exercise: Exercise, readings: Sequence[Answers], confined: Confined
) -> Task:
    """Make the task of judging a notebook with these `readings`."""
    return Task(exercise.name, tuple(readings), confined)
