"""A learner's test suite, run against releases that it must tell apart."""

import json
import os
import random
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

from autograder.judge.job import confinement
from autograder.sandbox import Confined
from course.outage import Fleet, Release
from course.outage.errors import MachineTooBusy
from course.outage.lag import LEAST_CAP_S
from course.outage.tempdirs import own_folder

from .sandboxed import reports

# In seconds in which the suite could run: on a busy machine it may take minutes.
SUITE_WITHIN_S = 25.0
OUT_OF_TIME = f"it had not ended after {SUITE_WITHIN_S:.0f} seconds"
AT_ONCE = 2  # releases that the suite is run against at the same time
LOOK_EVERY_S = 0.01  # for what is new in the log
PROJECT = Path(__file__).parents[2]

# All of the course that a suite may import: the code that builds and sends requests.
READABLE = ("course/__init__.py", "course/outage", "course/service")


@dataclass(frozen=True)
class SuiteRun:
    """A run of a suite: the tests that passed and failed, and why it was `stopped`."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    stopped: str = ""

    @property
    def accepts(self) -> bool:
        """Return whether the suite ran to its end, with tests that all passed."""
        return bool(self.passed) and not self.failed and not self.stopped

    @property
    def kills(self) -> bool:
        """Return whether a test of the suite fails: the release's fault is found."""
        return bool(self.failed)


class SuiteRunner:
    """A runner of the test suite `source` in the sandbox.

    The releases are ours. The suite reaches them through a Unix socket, sees nothing of
    their source, and cannot tell a reference from a planted fault by name or order.
    """

    def __init__(
        self,
        source: str,
        confined: Confined,
        seed: int,
        forks: str = "",
        patience: float = 1.0,
    ) -> None:
        self._source = source
        self._within_s = patience * SUITE_WITHIN_S
        self._confined = confined
        self._forks = forks
        # In a sandbox, its limits guard our releases from what a hostile suite sends.
        self._fleets = confinement(confined, forks) if forks else None
        self._rng = random.Random(f"{seed} suite")
        self._out_of_time = 0

    def run(
        self,
        releases: Mapping[str, Release],
        telling: Collection[str] | None = None,
        orders: Sequence[int] = (0,),
    ) -> dict[str, SuiteRun]:
        """Run the suite on each of `releases`, in random order; return runs by name.

        With `telling`, all that is asked is whether one of these tests fails: a run
        ends with the first that does, and without any there is none. On one release
        after another, in turn, the tests run in one of `orders`: 0 is that of the file,
        1 the reverse of it, and any other number is a shuffled one.
        """
        if telling is not None and not telling:
            return dict.fromkeys(releases, SuiteRun((), ()))
        order = list(releases)
        self._rng.shuffle(order)
        shuffled = [releases[name] for name in order]
        in_turn = dict(zip(releases, cycle(orders), strict=False))
        of_tests = [in_turn[name] for name in order]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ended = pool.map(self._run, shuffled, repeat(telling or ()), of_tests)
            runs = dict(zip(order, ended, strict=True))
        return {name: runs[name] for name in releases}

    def _run(self, release: Release, telling: Collection[str], order: int) -> SuiteRun:
        if self._out_of_time >= AT_ONCE:
            return SuiteRun((), (), OUT_OF_TIME)  # every other run would end so, too
        unnamed = Release("release", release.modules)
        with (
            # A dead replica stays dead, or a test would have to be quick to observe it.
            Fleet(
                unnamed,
                1,
                first_backoff_s=60.0,
                confinement=self._fleets,
                unix_sockets=True,
            ) as fleet,
            own_folder("outage-suite-") as folder,
            log_in(folder / "log.jsonl", fleet),
        ):
            folder.chmod(0o755)
            file = folder / "test_answer.py"
            file.write_bytes(self._source.encode("utf-8", "surrogatepass"))
            address = str(fleet.address)
            # To connect takes the right to write, which a sandbox's user needs, too.
            os.chmod(address, 0o777)
            began, ran_s = time.monotonic(), fleet.telemetry.ran_s()
            lines = []
            with closing(
                reports(
                    "run_suite",
                    [address, str(PROJECT), str(file), str(order)],
                    "",
                    self._confined,
                    self._within_s,
                    read=[str(folder), address, *(str(PROJECT / p) for p in READABLE)],
                    forks=self._forks,
                )
            ) as reported:
                for line in reported:
                    lines.append(line)
                    if line.get("outcome") == "failed" and line.get("test") in telling:
                        break
            lost_s = time.monotonic() - began - (fleet.telemetry.ran_s() - ran_s)
        # A suite may say so that is wrong, and does not want to be judged.
        busy = [str(line["busy"]) for line in lines if "busy" in line]
        if busy and lost_s > LEAST_CAP_S / 2:
            raise MachineTooBusy.from_message(busy[0])
        run = run_of(lines)
        self._out_of_time += run.stopped == OUT_OF_TIME
        return run


def run_of(reports: Sequence[Mapping[str, Any]]) -> SuiteRun:
    """Return the run that `reports` tell of; the suite may have written any of them."""
    tests: dict[str, bool] = {}
    stopped = unread = ""
    for report in reports:
        match report:
            case {"test": str(name), "outcome": "passed" | "failed" as outcome}:
                tests[name] = tests.get(name, True) and outcome == "passed"
            case {"stopped": "time"}:
                stopped = stopped or OUT_OF_TIME
            case {"stopped": reason}:
                stopped = stopped or str(reason)
            case {"unread": error}:
                unread = unread or f"the cell cannot be imported: {error!s:.200}"
    return SuiteRun(
        passed=tuple(name for name, passed in tests.items() if passed),
        failed=tuple(name for name, passed in tests.items() if not passed),
        stopped=stopped if tests else unread or stopped,
    )


@contextmanager
def log_in(path: Path, fleet: Fleet) -> Iterator[None]:
    """Write the log of `fleet` to the file `path` while the block runs.

    Beside it, a file "gone" says that a replica has died, and "ran_s" for how many
    seconds the fleet could run so far.
    """
    over = threading.Event()

    def write() -> None:
        written = 0
        beats = -1
        with path.open("w", encoding="utf-8") as file:
            # By the clock: an event wakes whoever waits for it, and each request of a
            # suite makes several. That took a tenth of a judgement's processor time.
            while not over.wait(LOOK_EVERY_S):
                telemetry = fleet.telemetry
                if telemetry.exits():
                    # It stays dead: clients learn that at once, not by a time-out.
                    path.with_name("gone").touch()
                count, ran_s = len(telemetry.beats), telemetry.ran_s()
                if len(telemetry.logs) > written:
                    entries = telemetry.log_entries()[written:]
                    written += len(entries)
                    file.writelines(json.dumps(e.record) + "\n" for e in entries)
                    file.flush()
                # After the lines that were logged by then: time is up only for others.
                if count > beats:
                    beats = count
                    new = path.with_name("ran_s.new")
                    new.write_text(f"{ran_s:.3f}")
                    new.replace(path.with_name("ran_s"))

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    try:
        yield
    finally:
        over.set()
        writing.join()
