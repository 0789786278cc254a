"""Runs the checks of an exercise on a set of answers."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .answers import Answers
from .errors import JudgingFailed
from .exercise import PROJECT, Exercise
from .verdict import Check, Verdict

TIME_LIMIT_S = 90.0


def judge(
    exercise: Exercise,
    answers: Answers,
    on_check: Callable[[Check], None] = lambda check: None,
    time_limit_s: float = TIME_LIMIT_S,
) -> Verdict:
    """How `answers`, by grade_id, fare in `exercise`.

    `on_check` is called with each check as it ends. What has not ended within
    `time_limit_s` seconds is `timed_out`. Raises JudgingFailed if the checks break.
    """
    started = time.monotonic()
    missing = [s.grade_id for s in exercise.slots if not answers.get(s.grade_id)]
    with tempfile.TemporaryDirectory(prefix="outage-judge-") as folder:
        wanted = exercise.release({**dict.fromkeys(missing, ""), **answers})
        release = Path(folder, "release.json")
        release.write_text(
            json.dumps({"name": wanted.name, "modules": dict(wanted.modules)})
        )
        lines, timed_out, output = _run(exercise, release, on_check, time_limit_s)
    checks: dict[str, Check] = {}
    for line in lines:
        if line["outcome"] == "announced":
            line |= _not_ended(timed_out, time_limit_s)
        # A failed call may be followed by a failed teardown: the first counts.
        known = checks.get(line["name"])
        if known is None or known.outcome in {"timed_out", "error"}:
            checks[line["name"]] = Check(**line)
    if not checks:
        raise JudgingFailed(f"The checks of {exercise.name} did not run:\n{output}")
    if missing:
        told = f"The notebook has no answer in its cell {', '.join(missing)}."
        checks = {
            name: check.model_copy(update={"outcome": "failed", "feedback": told})
            for name, check in checks.items()
        }
    return Verdict(
        exercise=exercise.name,
        answers_digest=_digest(*(answers.get(s.grade_id, "") for s in exercise.slots)),
        checks_digest=_digest(*_texts(exercise.checks)),
        checks=list(checks.values()),
        seconds=round(time.monotonic() - started, 2),
    )


def _run(
    exercise: Exercise,
    release: Path,
    on_check: Callable[[Check], None],
    time_limit_s: float,
) -> tuple[list[dict[str, Any]], bool, str]:
    """The lines that the checks reported, whether time ran out, what pytest printed."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "autograder.judge.plugin",
         "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(exercise.checks),
         "--import-mode=importlib", "--release-file", str(release),
         "--report-fd", str(writing), str(exercise.checks)],
        cwd=release.parent,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTEST_ADDOPTS": "",
             "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        pass_fds=[writing], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    os.close(writing)
    out_of_time = threading.Event()

    def end() -> None:
        out_of_time.set()
        os.killpg(process.pid, signal.SIGKILL)  # the fleets die with their owner

    timer = threading.Timer(time_limit_s, end)
    timer.start()
    lines = []
    try:
        with os.fdopen(reading) as reports:
            for text in reports:
                line = json.loads(text)
                lines.append(line)
                if line["outcome"] != "announced":
                    on_check(Check(**line))
        output = process.communicate()[0].decode("utf-8", "replace")
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    return lines, out_of_time.is_set(), output


def _not_ended(timed_out: bool, limit_s: float) -> dict[str, str]:
    if timed_out:
        told = (
            f"Judging was stopped after {limit_s:.0f} s, before this check had ended."
        )
        return {"outcome": "timed_out", "feedback": told}
    return {"outcome": "error", "feedback": "The check ended without a result."}


def _texts(folder: Path) -> list[str]:
    return [path.read_text("utf-8") for path in sorted(folder.glob("*.py"))]


def _digest(*texts: str) -> str:
    data = json.dumps(texts).encode()
    return hashlib.sha256(data).hexdigest()
