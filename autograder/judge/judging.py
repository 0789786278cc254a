"""Judging: a set of answers goes in, the checks run, a verdict comes out."""

import logging
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from autograder.printable import printable
from autograder.sandbox import Confined
from course.outage.errors import NoRoom
from course.outage.tempdirs import own_folder, require_room

from .answers import Answers
from .errors import JudgingFailed
from .exercise import Exercise, digest
from .fork_servers import servers
from .job import Job, confinement
from .run import Announced, Run, merged
from .verdict import Check, Feedback, Verdict

# An answer is a cell that somebody has typed; the solutions have about 2 kB.
LONGEST_ANSWER = 200_000
LAST_OF_OUTPUT = 3_000

log = logging.getLogger(__name__)


def judge(
    exercise: Exercise,
    answers: Answers,
    on_check: Callable[[Check], None] = lambda check: None,
    *,
    on_announced: Callable[[Announced], None] = lambda announced: None,
    confined: Confined = Confined.LIMITS,
    held_back: bool = False,
    seed: int | None = None,
    notes: Sequence[str] = (),
    time_limit_s: float | None = None,
    patience: float = 1.0,
    only: Collection[str] = (),
) -> Verdict:
    """Run the checks of `exercise` on `answers`, by grade_id, and return the verdict.

    `on_announced` is called with each check before the first one runs, `on_check` with
    each as it ends. For other people's answers,
    `confined` should be Confined.SANDBOX. With `held_back`, a check passes only if the
    held-back tests that guard it pass too. `seed` decides the random inputs; left out,
    it is drawn. `notes` are copied into the verdict. A check that has not ended within
    `time_limit_s` seconds (left out, the exercise's limit) is `timed_out`, or
    `inconclusive` on a busy machine. This and every other time limit is multiplied by
    `patience`. `only` names the checks to run, by their tests; left out, all of them.

    Raises SandboxUnavailable, and JudgingFailed if the checks break or the disk is
    full.
    """
    started = time.monotonic()
    seed = secrets.randbits(32) if seed is None else seed
    # Before anything else: a machine that cannot judge would fail every answer.
    confinement(confined)
    try:
        require_room()
    except NoRoom as exc:
        raise JudgingFailed(str(exc)) from exc
    reason = refusal(exercise, answers)
    texts = {slot.grade_id: answers.get(slot.grade_id, "") for slot in exercise.slots}
    judged = dict.fromkeys(texts, "") if reason else texts
    folders = [exercise.checks]
    if held_back and exercise.held_back.exists() and not reason:
        folders.append(exercise.held_back)
    forks = servers(confined)
    with own_folder("outage-judge-", forks.folder if forks else None) as folder:
        job = folder / "job.json"
        defined = {slot.defines: judged[slot.grade_id] for slot in exercise.slots}
        address = forks.service.address if forks else ""
        release = exercise.release(judged)
        Job(defined, release, confined, seed, address, patience, tuple(only)).write(job)
        limit_s = (time_limit_s or exercise.time_limit_s) * patience
        run = Run(folders, job, on_check, limit_s, bool(reason), forks, on_announced)
    if forks and not forks.alive:
        raise JudgingFailed("A fork server ended in the middle of it. Judge it again.")
    checks = merged(run)
    said = printable(run.output[-LAST_OF_OUTPUT:])
    if not checks:
        raise JudgingFailed(f"The checks of {exercise.name} did not run:\n{said}")
    if reason:
        refused = {"outcome": "failed", "feedback": Feedback(message=reason)}
        checks = [check.model_copy(update=refused) for check in checks]
        for check in checks:
            on_check(check)
    if any(check.outcome == "error" for check in checks):
        log.error("A check of %s broke (seed %d):\n%s", exercise.name, seed, said)
    return Verdict(
        exercise=exercise.name,
        answers_digest=digest(*texts.values()),
        checks_digest=exercise.checks_digest(held_back=len(folders) > 1),
        confined=confined.value,
        held_back=len(folders) > 1,
        seed=seed,
        checks=checks,
        notes=list(notes),
        phases={name: round(took_s, 2) for name, took_s in run.phases.items()},
        seconds=round(time.monotonic() - started, 2),
        lag_s=round(run.lag_s, 3),
    )


def judge_best(exercise: Exercise, readings: Sequence[Answers], **how: Any) -> Verdict:
    """Judge several readings of one notebook and return the best verdict.

    `how` is passed on to `judge`. Verdicts compare by `at_most`, then by `score`: an
    inconclusive one is the best only if it could still score more than the others.
    """
    best = judge(exercise, readings[0], **how)
    for answers in readings[1:]:
        if best.passed:
            break
        other = judge(exercise, answers, **how)
        best = max(best, other, key=lambda verdict: (verdict.at_most, verdict.score))
    return best


def refusal(exercise: Exercise, answers: Answers) -> str:
    """Return why `answers` cannot be run, or an empty string if they can."""
    cells = [slot.grade_id for slot in exercise.slots]
    if not any(answers.get(grade_id) for grade_id in cells):
        return f"The notebook has no answer in its cell {', '.join(cells)}."
    longest = max(len(answers.get(grade_id, "")) for grade_id in cells)
    if longest > LONGEST_ANSWER:
        return (
            f"The answer has {longest:,} characters; at most {LONGEST_ANSWER:,} are"
            " judged."
        )
    return ""
