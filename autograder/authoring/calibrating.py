"""Calibration of the grader, with answers that are known to be right or wrong."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.judge import Exercise, Verdict, judge
from autograder.judge.window import Window, settled
from autograder.sandbox import Confined

from .busy import busy
from .known import Case


@dataclass
class Calibration:
    """The counts of false verdicts on known answers to one exercise.

    A false reject is a check that failed and should have passed; a false accept is one
    that passed and should have failed; wrong feedback is a failure without the text
    that the learner should have read. All three must be 0, and `misses` describes each.
    An inconclusive check is none of them: `checks` counts all checks, `inconclusive`
    those that stayed so. `lag_s` is the greatest lag, in seconds of any one second;
    `load` says how many busy loops a core ran beside the judge.
    """

    exercise: str
    right: int = 0
    wrong: int = 0
    repeats: int = 1
    load: int = 0
    false_rejects: int = 0
    false_accepts: int = 0
    wrong_feedback: int = 0
    checks: int = 0
    inconclusive: int = 0
    lag_s: float = 0.0
    misses: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Return whether there was no miss."""
        return not self.misses

    def to_json(self) -> dict[str, Any]:
        """Return the counts as data that JSON can hold."""
        return asdict(self)

    def add(self, case: Case, verdict: Verdict) -> list[str]:
        """Count one verdict, and return its misses."""
        undecided = {c.name for c in verdict.checks if c.outcome == "inconclusive"}
        self.checks += len(verdict.checks)
        self.inconclusive += len(undecided)
        self.lag_s = max(self.lag_s, verdict.lag_s)
        due = case.fails - undecided
        failed = {c.name for c in verdict.checks if c.outcome != "passed"} - undecided
        feedback = "\n".join(str(c.feedback) for c in verdict.checks if c.name in due)
        rejects, accepts = failed - due, due - failed
        self.false_rejects += len(rejects)
        self.false_accepts += len(accepts)
        misses = [f"{name} fails, and should pass" for name in sorted(rejects)]
        misses += [f"{name} passes, and should fail" for name in sorted(accepts)]
        # The feedback of an inconclusive check is about the machine, not the answer.
        if case.feedback not in feedback and not undecided & case.fails:
            self.wrong_feedback += 1
            misses.append(f"the feedback does not say “{case.feedback}”")
        misses = [f"{case.name} (seed {verdict.seed}): {miss}" for miss in misses]
        self.misses += misses
        return misses


def judge_case(
    exercise: Exercise,
    case: Case,
    confined: Confined,
    window: Window,
    only: Collection[str] = (),
) -> Verdict:
    """Judge a known answer as a submission is graded, or by `only` some of the checks.

    Raises SandboxUnavailable.
    """

    def judged(patience: float, seed: int | None) -> Verdict:
        return judge(
            exercise,
            case.answers,
            confined=confined,
            held_back=True,
            patience=patience,
            seed=seed,
            only=only,
        )

    return settled(judged, window)


def calibrate(
    exercise: Exercise,
    known: Sequence[Case],
    confined: Confined,
    repeats: int = 1,
    load: int = 0,
    on_case: Callable[[Case, list[str]], None] = lambda case, misses: None,
) -> Calibration:
    """Judge each of the `known` answers `repeats` times, and count false verdicts.

    `on_case` is called with each case and its misses. `load` busy loops a core run
    meanwhile. Raises SandboxUnavailable.
    """
    right = sum(case.is_right for case in known)
    result = Calibration(exercise.name, right, len(known) - right, repeats, load)
    to_judge = [(exercise, case) for case in known] * repeats
    with busy(load), judging(to_judge, confined) as verdicts:
        for (_, case), verdict in zip(to_judge, verdicts, strict=True):
            on_case(case, result.add(case, verdict.result()))
    return result


@contextmanager
def judging(
    to_judge: Sequence[tuple[Exercise, Case]], confined: Confined
) -> Iterator[list[Future[Verdict]]]:
    """Yield the verdicts on known answers, in order; several are judged at a time."""
    window = Window()
    with ThreadPoolExecutor(window.most) as pool:
        try:
            yield [
                pool.submit(judge_case, exercise, case, confined, window)
                for exercise, case in to_judge
            ]
        finally:
            window.close()
            pool.shutdown(cancel_futures=True)
