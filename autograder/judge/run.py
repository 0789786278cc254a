"""One run of pytest over the checks of an exercise, and what its lines come to."""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from course.outage.fleet.forkserver import Process, start

from .fork_servers import Servers
from .verdict import Check, Outcome

# Of a second. What ran out of time on a machine as busy as that has not shown that it
# is slow.
BUSY_LAG_S = 0.3

# The time limit counts time in which the checks and their fleets could run. By the
# clock it may take so many times as long.
CAP = 6.0

Line = dict[str, Any]


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
        self.lag_s = 0.0
        self._on_check = on_check
        reading, writing = os.pipe()
        # Held open while we live: the process ends itself when it sees it closed.
        watched, held = os.pipe()
        options = ["--collect-only"] if only_names else []
        # Not a pipe: pytest would wait until somebody reads it, and we for its reports.
        output = job.with_name("output.txt").open("w+b")
        words = [
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
            words,
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
        started = at = time.monotonic()
        for text in reports:
            line = json.loads(text)
            at = time.monotonic()
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
                self.phases["collect"] = at - started
            elif "held_back" not in line:
                self._on_check(as_check(line))
        self.phases["checks"] = at - started - self.phases["collect"]
        self.phases["end"] = time.monotonic() - at


def merged(run: Run) -> list[Check]:
    """Each check once: passed if its own test and all that guard it have passed.

    Failed if one of them has; else inconclusive if one of them was.
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
            took = check.seconds + line.get("seconds", 0.0)
            checks[check.name] = as_check(
                check.model_dump() | {"seconds": took} | _outcome_of(line)
            )
    return list(checks.values())


def overrules(guard: Outcome, check: Outcome) -> bool:
    """Whether the outcome of a held-back test takes the place of its check's.

    That a check was inconclusive says nothing; that its guard failed does.
    """
    return check == "passed" or (check == "inconclusive" and guard == "failed")


def _outcome_of(line: Line) -> Line:
    return {"outcome": line["outcome"], "feedback": line.get("feedback", {})}


def _at_the_end(line: Line, run: Run) -> Line:
    """`line`, or what is said of a test that never reported."""
    if line["outcome"] != "announced":
        return line
    if run.timed_out:
        told = (
            f"Judging was stopped after {run.time_limit_s:.0f} s, before this check had"
            " ended."
        )
        if run.lag_s > BUSY_LAG_S:
            told += " This machine was too busy to tell why."
        outcome = "inconclusive" if run.lag_s > BUSY_LAG_S else "timed_out"
        return line | {"outcome": outcome, "feedback": {"message": told}}
    told = "The check ended without a result."
    return line | {"outcome": "error", "feedback": {"message": told}}


def as_check(line: Line) -> Check:
    """The check that a test's report tells of."""
    return Check(**{name: line[name] for name in Check.model_fields if name in line})
