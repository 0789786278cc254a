"""A learner's test suite, run against releases that it must tell apart."""

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import Confined
from course.outage import Fleet, Release
from course.outage.confinement import Confinement
from course.outage.room import own_folder

from .children import reports

SUITE_WITHIN_S = 20.0
PROJECT = Path(__file__).parents[2]

# All of the course that a suite may import: what builds requests, and sends them.
READABLE = ("course/__init__.py", "course/outage", "course/service")


@dataclass(frozen=True)
class SuiteRun:
    """One run of a suite: its tests that passed and failed; why it was `stopped`."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    stopped: str = ""

    @property
    def accepts(self) -> bool:
        """Whether the suite finds no fault with the release, having looked at all."""
        return bool(self.passed) and not self.failed and not self.stopped

    @property
    def kills(self) -> bool:
        """Whether a test of the suite fails on the release: the fault is found."""
        return bool(self.failed)


class SuiteRunner:
    """Runs the test suite `source` in the sandbox.

    The releases are ours. The suite reaches them through a Unix socket, sees nothing of
    their source, and cannot tell a reference from a planted fault by name or order.
    """

    def __init__(self, source: str, confined: Confined, seed: int) -> None:
        self._source = source
        self._confined = confined
        self._rng = random.Random(f"{seed} suite")

    def run(self, releases: Mapping[str, Release]) -> dict[str, SuiteRun]:
        """How the suite fares against each of `releases`, by name, in random order."""
        order = list(releases)
        self._rng.shuffle(order)
        runs = {name: self._run(releases[name]) for name in order}
        return {name: runs[name] for name in releases}

    def _run(self, release: Release) -> SuiteRun:
        unnamed = Release("release", release.modules)
        with (
            # What has died stays dead, or a test would have to be quick to see it.
            Fleet(unnamed, 1, first_backoff_s=60.0, confinement=Confinement()) as fleet,
            own_folder("outage-suite-") as folder,
        ):
            folder.chmod(0o755)
            file = folder / "test_answer.py"
            file.write_bytes(self._source.encode("utf-8", "surrogatepass"))
            address = str(fleet.address)
            os.chmod(address, 0o777)  # to connect, a sandbox's user must be let write
            told = list(
                reports(
                    "run_suite", [address, str(PROJECT), str(file)], "",
                    self._confined, SUITE_WITHIN_S,
                    read=[str(folder), address, *(str(PROJECT / p) for p in READABLE)],
                )
            )  # fmt: skip
        tests: dict[str, bool] = {}
        for line in told:
            outcome = line.get("outcome")
            if outcome in {"passed", "failed"}:
                name = str(line.get("test"))
                tests[name] = tests.get(name, True) and outcome == "passed"
        return SuiteRun(
            passed=tuple(name for name, passed in tests.items() if passed),
            failed=tuple(name for name, passed in tests.items() if not passed),
            stopped=next((line["stopped"] for line in told if "stopped" in line), ""),
        )
