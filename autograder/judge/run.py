"""One run of pytest over the checks of an exercise, and the results it reports."""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.outage.fleet.forkserver import Process, start

from .fork_servers import Servers
from .verdict import Check, Outcome

# Seconds of lag in any one second. A check that runs out of time on a machine this busy
# has not shown that the answer is slow.
BUSY_LAG_S = 0.3

# The time limit counts time in which the checks and their fleets could run. By the
# wall clock, a run may take this many times as long.
CAP = 6.0

Line = dict[str, Any]


@dataclass(frozen=True)
class Announced:
    """A check that is about to run: its test, its title, and what it is worth."""

    name: str
    title: str
    points: float


class Run:
    """A run of pytest over the folders of checks, from its start to its end."""

    def __init__(
        self,
        folders: Sequence[Path],
        job: Path,
        on_check: Callable[[Check], None],
        time_limit_s: float,
        only_names: bool,
        forks: Servers | None,
        on_announced: Callable[[Announced], None] = lambda announced: None,
    ) -> None:
        self.lines: list[Line] = []
        self.phases = {"collect": 0.0, "deploy": 0.0, "checks": 0.0, "end": 0.0}
        self.time_limit_s = time_limit_s
        self.timed_out = False
        self.lag_s = 0.0
        self._on_check, self._on_announced = on_check, on_announced
        reading, writing = os.pipe()
        # Held open while this process lives: pytest's process exits when it is closed.
        watched, held = os.pipe()
        options = ["--collect-only"] if only_names else []
        # Not a pipe: pytest would wait for a reader, and this process for its reports.
        output = job.with_name("output.txt").open("w+b")
        argv = [
            "-q",
            "-p",
            "autograder.instruments.plugin",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:unraisableexception",
            "-p",
            "no:threadexception",
            "-c",
            os.devnull,
            "--rootdir",
            str(folders[0]),
            "--import-mode=importlib",
            "--job",
            str(job),
            "--report-fd",
            str(writing),
            "--owner-fd",
            str(watched),
            *options,
            *map(str, folders),
        ]
        env = {
            **os.environ,
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        fds = {1: output.fileno(), 2: output.fileno(), writing: writing}
        process = start(
            "pytest",
            argv,
            fds | {watched: watched},
            env,
            str(job.parent),
            forks.checks.address if forks else None,
        )
        os.close(writing)
        os.close(watched)
        timer = threading.Timer(CAP * time_limit_s, self._end, [process])
        timer.start()
        try:
            with os.fdopen(reading) as reports:
                self._follow(reports, process)
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

    def _follow(self, reports: Any, process: Process) -> None:
        started = reported = time.monotonic()
        for text in reports:
            line = json.loads(text)
            reported = time.monotonic()
            if "phase" in line:
                self.phases[line["phase"]] += line["seconds"]
                continue
            if "lag_s" in line:
                self.lag_s = max(self.lag_s, line["lag_s"])
                if line["ran_s"] > self.time_limit_s:
                    self._end(process)
                continue
            self.lines.append(line)
            if line["outcome"] == "announced":
                self.phases["collect"] = reported - started
                if "held_back" not in line:
                    name, title, points = line["name"], line["title"], line["points"]
                    self._on_announced(Announced(name, title, points))
            elif "held_back" not in line:
                self._on_check(as_check(line))
        self.phases["checks"] = reported - started - self.phases["collect"]
        self.phases["end"] = time.monotonic() - reported


def merged(run: Run) -> list[Check]:
    """Return each check once: passed if its test and all tests that guard it passed.

    It is failed if one of them failed; otherwise inconclusive if one of them was.
    """
    ended: dict[str, Line] = {}
    for line in run.lines:
        # A failed call may be followed by a failed teardown: the first counts.
        if ended.get(line["test"], {"outcome": "announced"})["outcome"] == "announced":
            ended[line["test"]] = line
    tests = [_at_the_end(line, run) for line in ended.values()]
    checks = {t["name"]: as_check(t) for t in tests if "held_back" not in t}
    for line in tests:
        check = checks[line["name"]]
        if "held_back" in line and overrules(line["outcome"], check.outcome):
            seconds = check.seconds + line.get("seconds", 0.0)
            checks[check.name] = as_check(
                check.model_dump() | {"seconds": seconds} | _outcome_of(line)
            )
    return list(checks.values())


def overrules(guard: Outcome, check: Outcome) -> bool:
    """Return whether a held-back test's outcome replaces the outcome of its check.

    An inconclusive check says nothing about the answer; a guard that failed does.
    """
    return check == "passed" or (check == "inconclusive" and guard == "failed")


def _outcome_of(line: Line) -> Line:
    return {"outcome": line["outcome"], "feedback": line.get("feedback", {})}


def _at_the_end(line: Line, run: Run) -> Line:
    """Return `line`, or for a test that never reported a line that says why."""
    if line["outcome"] != "announced":
        return line
    if run.timed_out:
        message = (
            f"Judging was stopped after {run.time_limit_s:.0f} s, before this check had"
            " ended."
        )
        if run.lag_s > BUSY_LAG_S:
            message += " This machine was too busy to tell why."
        outcome = "inconclusive" if run.lag_s > BUSY_LAG_S else "timed_out"
        return line | {"outcome": outcome, "feedback": {"message": message}}
    message = "The check ended without a result."
    return line | {"outcome": "error", "feedback": {"message": message}}


def as_check(line: Line) -> Check:
    """Make a Check of the line that a test reported."""
    return Check(**{name: line[name] for name in Check.model_fields if name in line})
