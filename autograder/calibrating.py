"""How right the grader is: answers that are known to be right or wrong, judged.

calibration/NN_name/right/*.py   score in full; line 1 says what is special
calibration/NN_name/wrong/*.py   # fails: the checks that must catch it, and no others
                                 # feedback: a part of what the learner must read

Where an exercise asks for several answers, a line `# %% grade_id` begins each, and the
reference solution stands in for those that a file leaves out.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .judge import Answers, Exercise, Verdict, from_notebook, judge
from .judge.exercise import PROJECT
from .sandbox import Confined

KNOWN = PROJECT / "autograder" / "calibration"
# Judging is mostly waiting. Half as many as in grading: some answers take all they get.
JOBS_PER_CORE = 3
CELL = re.compile(r"^# %% (\w+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One known answer: the checks it must fail, and what it must be told; or none."""

    path: Path
    fails: frozenset[str]
    feedback: str

    @property
    def name(self) -> str:
        """Such as wrong/nothing_logged."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def is_right(self) -> bool:
        """Whether it must score in full."""
        return not self.fails


@dataclass
class Calibration:
    """What came of the known answers to one exercise; `misses` has a line for each.

    A false reject is a check that failed and should have passed, a false accept one
    that passed and should have failed, wrong feedback that the learner did not read
    what was due. All three must be 0.
    """

    exercise: str
    right: int = 0
    wrong: int = 0
    repeats: int = 1
    false_rejects: int = 0
    false_accepts: int = 0
    wrong_feedback: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether there was no miss."""
        return not self.misses

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def add(self, case: Case, verdict: Verdict) -> list[str]:
        """Take in one verdict. Returns its misses."""
        failed = {c.name for c in verdict.checks if c.outcome != "passed"}
        told = "\n".join(c.feedback for c in verdict.checks if c.name in case.fails)
        rejects, accepts = failed - case.fails, case.fails - failed
        self.false_rejects += len(rejects)
        self.false_accepts += len(accepts)
        misses = [f"{name} fails, and should pass" for name in sorted(rejects)]
        misses += [f"{name} passes, and should fail" for name in sorted(accepts)]
        if case.feedback not in told:
            self.wrong_feedback += 1
            misses.append(f"the feedback does not say “{case.feedback}”")
        misses = [f"{case.name} (seed {verdict.seed}): {miss}" for miss in misses]
        self.misses += misses
        return misses


def cases(exercise: Exercise) -> list[Case]:
    """The known answers to `exercise`, the right ones first."""
    return list(_cases(KNOWN / exercise.name))


def _cases(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("right/*.py")):
        yield Case(path, frozenset(), "")
    for path in sorted(folder.glob("wrong/*.py")):
        first, second = path.read_text("utf-8").splitlines()[:2]
        fails = frozenset(first.removeprefix("# fails: ").split())
        yield Case(path, fails, second.removeprefix("# feedback: "))


def judge_case(exercise: Exercise, case: Case, confined: Confined) -> Verdict:
    """Judge one known answer as a learner's is graded. Raises SandboxUnavailable."""
    answers = answers_of(exercise, case.path.read_text("utf-8"))
    return judge(exercise, answers, confined=confined, held_back=True)


def answers_of(exercise: Exercise, text: str) -> Answers:
    """The answers that the text of a known answer gives, by their grade_id."""
    if len(exercise.slots) == 1:
        return {exercise.slots[0].grade_id: text}
    _, *parts = CELL.split(text)
    given = dict(zip(parts[::2], parts[1::2], strict=True))
    [solution] = from_notebook(exercise.solution)
    return solution | given


def calibrate(
    exercise: Exercise,
    confined: Confined,
    repeats: int = 1,
    on_case: Callable[[Case, list[str]], None] = lambda case, misses: None,
) -> Calibration:
    """Judge every known answer `repeats` times; `on_case` is told of each verdict.

    Raises SandboxUnavailable.
    """
    known = cases(exercise)
    right = sum(case.is_right for case in known)
    result = Calibration(exercise.name, right, len(known) - right, repeats)
    wanted = [(exercise, case) for case in known] * repeats
    with judging(wanted, confined) as verdicts:
        for (_, case), verdict in zip(wanted, verdicts, strict=True):
            on_case(case, result.add(case, verdict.result()))
    return result


@contextmanager
def judging(
    wanted: Sequence[tuple[Exercise, Case]], confined: Confined
) -> Iterator[list[Future[Verdict]]]:
    """The verdicts of known answers, in their order, several judged at a time."""
    with ThreadPoolExecutor(JOBS_PER_CORE * (os.cpu_count() or 1)) as pool:
        try:
            yield [pool.submit(judge_case, *each, confined) for each in wanted]
        finally:
            pool.shutdown(cancel_futures=True)
