"""Runs the checks of an exercise on a set of answers."""

import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.sandbox import Confined
from course.outage.errors import NoRoom
from course.outage.forkserver import Process, start
from course.outage.room import own_folder, require_room

from .answers import Answers
from .errors import JudgingFailed
from .exercise import Exercise, digest
from .job import Job, confinement
from .verdict import Check, Verdict
from .warm import Servers, servers

# An answer is a cell that somebody has typed; the solutions have about 2 kB.
LONGEST_ANSWER = 200_000

log = logging.getLogger(__name__)

Line = dict[str, Any]


def judge(
    exercise: Exercise,
    answers: Answers,
    on_check: Callable[[Check], None] = lambda check: None,
    *,
    confined: Confined = Confined.LIMITS,
    held_back: bool = False,
    seed: int | None = None,
    notes: Sequence[str] = (),
    time_limit_s: float | None = None,
) -> Verdict:
    """How `answers`, by grade_id, fare in `exercise`.

    `on_check` is called with each check as it ends. Other people's answers want
    `confined` to be Confined.SANDBOX; with `held_back`, a check passes only if the
    held-back tests that guard it pass too. `seed` decides the random inputs; left out,
    it is drawn. `notes` become the verdict's. What has not ended within `time_limit_s`
    seconds, the exercise's own if left out, is `timed_out`.

    Raises SandboxUnavailable, and JudgingFailed if the checks break or the disk is
    full.
    """
    started = time.monotonic()
    seed = secrets.randbits(32) if seed is None else seed
    # Before anything else: a machine that is not fit would fail every answer.
    confinement(confined)
    try:
        require_room()
    except NoRoom as exc:
        raise JudgingFailed(str(exc)) from exc
    reason = refusal(exercise, answers)
    wanted = {slot.grade_id: answers.get(slot.grade_id, "") for slot in exercise.slots}
    judged = dict.fromkeys(wanted, "") if reason else wanted
    folders = [exercise.checks]
    if held_back and exercise.held_back.exists() and not reason:
        folders.append(exercise.held_back)
    forks = servers() if confined is Confined.SANDBOX else None
    with own_folder("outage-judge-", forks.folder if forks else None) as folder:
        job = folder / "job.json"
        defined = {slot.defines: judged[slot.grade_id] for slot in exercise.slots}
        address = forks.service.address if forks else ""
        Job(defined, exercise.release(judged), confined, seed, address).write(job)
        limit_s = time_limit_s or exercise.time_limit_s
        run = Run(folders, job, on_check, limit_s, bool(reason), forks)
    if forks and not forks.run:
        raise JudgingFailed("A fork server ended in the middle of it. Judge it again.")
    checks = merged(run)
    if not checks:
        raise JudgingFailed(f"The checks of {exercise.name} did not run:\n{run.output}")
    if any(check.outcome == "error" for check in checks):
        log.error("A check of %s broke (seed %d):\n%s", exercise.name, seed, run.output)
    if reason:
        told = {"outcome": "failed", "feedback": reason}
        checks = [check.model_copy(update=told) for check in checks]
        for check in checks:
            on_check(check)
    return Verdict(
        exercise=exercise.name,
        answers_digest=digest(*wanted.values()),
        checks_digest=exercise.checks_digest(held_back=len(folders) > 1),
        confined=confined.value,
        held_back=len(folders) > 1,
        seed=seed,
        checks=checks,
        notes=list(notes),
        phases={name: round(took, 2) for name, took in run.phases.items()},
        seconds=round(time.monotonic() - started, 2),
    )


def judge_best(exercise: Exercise, readings: Sequence[Answers], **how: Any) -> Verdict:
    """The best verdict on several readings of one notebook; `how` as for `judge`."""
    best = judge(exercise, readings[0], **how)
    for answers in readings[1:]:
        if best.passed:
            break
        other = judge(exercise, answers, **how)
        best = max(best, other, key=lambda verdict: verdict.score)
    return best


def refusal(exercise: Exercise, answers: Answers) -> str:
    """Why `answers` need not be run to be judged, or nothing."""
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


class Run:
    """One run of pytest over the folders of checks, from its start to its end."""

    def __init__(
        self,
        folders: Sequence[Path],
        job: Path,
        on_check: Callable[[Check], None],
        time_limit_s: float,
        only_names: bool,
        forks: Servers | None,
    ) -> None:
        self.lines: list[Line] = []
        self.phases = {"collect": 0.0, "deploy": 0.0, "checks": 0.0, "end": 0.0}
        self.time_limit_s = time_limit_s
        self.timed_out = False
        self._on_check = on_check
        reading, writing = os.pipe()
        # Held open while we live: the process ends itself when it sees it closed.
        watched, held = os.pipe()
        options = ["--collect-only"] if only_names else []
        # Not a pipe: pytest would wait until somebody reads it, and we for its reports.
        output = job.with_name("output.txt").open("w+b")
        words = [
            "-q", "-p", "autograder.judge.plugin", "-p", "no:cacheprovider",
            "-p", "no:unraisableexception", "-p", "no:threadexception",
            "-c", os.devnull, "--rootdir", str(folders[0]), "--import-mode=importlib",
            "--job", str(job), "--report-fd", str(writing),
            "--owner-fd", str(watched), *options, *map(str, folders),
        ]  # fmt: skip
        env = {
            **os.environ,
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        fds = {1: output.fileno(), 2: output.fileno(), writing: writing}
        process = start(
            "pytest", words, fds | {watched: watched}, env, str(job.parent),
            forks.checks.address if forks else None,
        )  # fmt: skip
        os.close(writing)
        os.close(watched)
        timer = threading.Timer(time_limit_s, self._end, [process])
        timer.start()
        try:
            with os.fdopen(reading) as reports:
                self._follow(reports)
            process.wait()
            output.seek(0)
            self.output = output.read().decode("utf-8", "replace")
        finally:
            timer.cancel()
            output.close()
            os.close(held)
            if process.poll() is None:
                process.kill()
                process.wait()

    def _end(self, process: Process) -> None:
        self.timed_out = True
        process.kill()  # the fleets die with their owner

    def _follow(self, reports: Any) -> None:
        started = at = time.monotonic()
        for text in reports:
            line = json.loads(text)
            at = time.monotonic()
            if "phase" in line:
                self.phases[line["phase"]] += line["seconds"]
                continue
            self.lines.append(line)
            if line["outcome"] == "announced":
                self.phases["collect"] = at - started
            elif "held_back" not in line:
                self._on_check(as_check(line))
        self.phases["checks"] = at - started - self.phases["collect"]
        self.phases["end"] = time.monotonic() - at


def merged(run: Run) -> list[Check]:
    """Each check once: passed if its own test and all that guard it have passed."""
    ended: dict[str, Line] = {}
    for line in run.lines:
        # A failed call may be followed by a failed teardown: the first counts.
        if ended.get(line["test"], {"outcome": "announced"})["outcome"] == "announced":
            ended[line["test"]] = line
    tests = [_at_the_end(line, run) for line in ended.values()]
    checks = {t["name"]: as_check(t) for t in tests if "held_back" not in t}
    for line in tests:
        check = checks[line["name"]]
        if "held_back" in line and check.outcome == "passed":
            took = check.seconds + line.get("seconds", 0.0)
            checks[check.name] = as_check(
                check.model_dump() | {"seconds": took} | _outcome_of(line)
            )
    return list(checks.values())


def _outcome_of(line: Line) -> Line:
    return {"outcome": line["outcome"], "feedback": line.get("feedback", "")}


def _at_the_end(line: Line, run: Run) -> Line:
    """`line`, or what is said of a test that never reported."""
    if line["outcome"] != "announced":
        return line
    if run.timed_out:
        told = (
            f"Judging was stopped after {run.time_limit_s:.0f} s, before this check had"
            " ended."
        )
        return line | {"outcome": "timed_out", "feedback": told}
    told = "The check ended without a result."
    return line | {"outcome": "error", "feedback": told}


def as_check(line: Line) -> Check:
    """The check that a test's report tells of."""
    return Check(**{name: line[name] for name in Check.model_fields if name in line})
