"""The pytest plugin that turns checks into the lines of a verdict.

It is loaded only in the process that `judging` starts, gives the checks their fixtures,
and writes one JSON line a check to the file descriptor it was given.
"""

import json
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from autograder.judge.job import Job
from autograder.judge.verdict import Feedback
from course.outage import Fleet, OutageError, Release
from course.outage.errors import MachineTooBusy, ReleaseDoesNotStart

from .expect import Unmet
from .functions import Functions
from .suites import SuiteRunner
from .watch import Watch

TOO_LATE = (
    "This machine was too busy to tell: what this check looks at goes by the clock, and"
    " for {:.1f} s of one second other programs kept the service from running. Close"
    " programs that use the processor, or wait until they are done; then check again."
)
BROKEN = "This check itself broke. That is not your doing: tell your instructor."

JOB = pytest.StashKey[Job]()
FAILED = pytest.StashKey[set[str]]()
WATCH = pytest.StashKey[Watch]()

StartFleet = Callable[[Release], Fleet]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options by which the judge passes the job and two file descriptors."""
    parser.addoption("--job", type=Path, required=True)
    parser.addoption("--report-fd", type=int, required=True)
    parser.addoption("--owner-fd", type=int, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, and set up the report to the judge."""
    config.addinivalue_line("markers", "check(title, points): a check of an exercise")
    config.addinivalue_line("markers", "guards(name, feedback): a held-back test")
    config.stash[JOB] = Job.read(config.getoption("--job"))
    config.stash[WATCH] = Watch(lambda line: _write(config, line))
    config.stash[FAILED] = set()
    # The replicas must not inherit the end of the pipe that reports are written to.
    os.set_inheritable(config.getoption("--report-fd"), False)
    owner = config.getoption("--owner-fd")
    os.set_inheritable(owner, False)
    folder = config.getoption("--job").parent
    threading.Thread(target=_end_with, args=[owner, folder], daemon=True).start()


def _end_with(owner: int, folder: Path) -> None:
    """End this process once the judge has ended, for whatever reason; fleets follow.

    The `folder` of this job is removed, as the judge would have done.
    """
    os.read(owner, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os.kill(os.getpid(), signal.SIGKILL)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out the checks that the job does not ask for, and their guards."""
    if only := config.stash[JOB].only:
        items[:] = [item for item in items if _named(item)["name"] in only]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Announce every check first, so that one that never reports can be named."""
    session.config.stash[WATCH].forget()
    for item in session.items:
        _write(session.config, _named(item) | {"outcome": "announced"})


def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Skip a held-back test whose check has failed already."""
    mark = item.get_closest_marker("guards")
    return True if mark and mark.args[0] in item.config.stash[FAILED] else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Report the first phase of a check that fails, or that its call has passed."""
    report = yield
    durations_s: dict[str, float] = vars(item).setdefault("_durations_s", {})
    durations_s[call.when] = call.duration
    line: dict[str, Any] = {"seconds": round(sum(durations_s.values()), 3)}
    if call.excinfo is not None:
        exc = call.excinfo.value
        # A release that cannot even start is the learner's failure as well.
        outcome, feedback = "error", Feedback(message=BROKEN)
        if isinstance(exc, MachineTooBusy):
            outcome, feedback = "inconclusive", Feedback(message=str(exc))
        elif isinstance(exc, Unmet | ReleaseDoesNotStart):
            outcome, feedback = "failed", _feedback(item, exc)
            late_s = item.config.stash[WATCH].lag()
            if isinstance(exc, Unmet) and late_s > exc.margin_s:
                outcome = "inconclusive"
                feedback = Feedback(message=TOO_LATE.format(late_s))
        item.config.stash[FAILED].add(item.name)
        line |= {"outcome": outcome, "feedback": feedback.model_dump()}
        _write(item.config, _named(item) | line)
    elif call.when == "call":
        _write(item.config, _named(item) | line | {"outcome": "passed"})
    return report


@pytest.fixture(scope="session")
def job(pytestconfig: pytest.Config) -> Job:
    """Return the job that is judged."""
    return pytestconfig.stash[JOB]


@pytest.fixture(scope="session")
def release(job: Job) -> Release:
    """Return the release under test."""
    return job.release


@pytest.fixture(scope="module")
def seeded(job: Job, request: pytest.FixtureRequest) -> random.Random:
    """Return random numbers that are the same for the same seed of the job."""
    return random.Random(f"{job.seed} {request.node.name}")


@pytest.fixture(scope="session")
def refusals() -> list[OutageError]:
    """Return a list for the error of a start that failed: the next would fail, too."""
    return []


@pytest.fixture(scope="module")
def start_fleet(
    job: Job, refusals: list[OutageError], pytestconfig: pytest.Config
) -> Generator[StartFleet, None, None]:
    """Yield a function that starts a confined replica; it ends with the module."""
    with ExitStack() as running:

        def start(release: Release) -> Fleet:
            if refusals:
                raise refusals[0]
            started = time.monotonic()
            try:
                fleet = Fleet(
                    release, 1, first_backoff_s=0.0, confinement=job.confinement
                )
            except OutageError as exc:
                refusals.append(exc)
                raise
            took_s = time.monotonic() - started
            _write(pytestconfig, {"phase": "deploy", "seconds": took_s})
            pytestconfig.stash[WATCH].follow(fleet)
            return running.enter_context(fleet)

        yield start


@pytest.fixture(scope="module")
def start_ours() -> Generator[StartFleet, None, None]:
    """Yield a function that starts a replica of a release of the course, unconfined.

    It listens on a Unix socket, and ends with the module.
    """
    with ExitStack() as running:

        def start(release: Release) -> Fleet:
            fleet = Fleet(release, 1, first_backoff_s=0.0, unix_sockets=True)
            return running.enter_context(fleet)

        yield start


@pytest.fixture(scope="session")
def functions(job: Job) -> Functions:
    """Return the learner's functions, which run in a process of their own."""
    return Functions(job.answers, job.confined, job.forks, job.patience, job.seed)


@pytest.fixture(scope="session")
def suite(job: Job) -> SuiteRunner:
    """Return the learner's test suite, to be run against releases."""
    [source] = [text for name, text in job.answers.items() if name.startswith("test_")]
    return SuiteRunner(source, job.confined, job.seed, job.forks, job.patience)


def _named(item: pytest.Item) -> dict[str, Any]:
    """Return the fields of a line that name the test and the check it decides."""
    test = {"test": item.nodeid}
    if mark := item.get_closest_marker("guards"):
        return test | {"name": mark.args[0], "held_back": True}
    mark = item.get_closest_marker("check")
    assert mark is not None, f"{item.nodeid} carries neither check nor guards"
    title, points = mark.args
    return test | {"name": item.name, "title": title, "points": points}


def _feedback(item: pytest.Item, exc: Unmet | ReleaseDoesNotStart) -> Feedback:
    """Return what the learner reads: for a held-back test, only what its mark says."""
    if mark := item.get_closest_marker("guards"):
        feedback: Feedback = mark.args[1]
        return feedback
    return exc.feedback if isinstance(exc, Unmet) else Feedback(message=str(exc))


def _write(config: pytest.Config, data: dict[str, Any]) -> None:
    line = json.dumps(data)
    os.write(config.getoption("--report-fd"), line.encode() + b"\n")
