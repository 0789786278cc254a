"""A check that could not be told: what it is worth, and what its guards make of it."""

from pathlib import Path

import pytest

from autograder.judge.job import Job
from autograder.judge.run import Run, merged
from autograder.sandbox import Confined
from course.outage import Release
from tests.autograder.judge.verdicts import verdict_of

pytestmark = pytest.mark.process

HEAD = """
import json, os, time
from autograder.instruments.expect import Unmet, check, guards
from course.outage.errors import MachineTooBusy

def busy():
    raise MachineTooBusy("an answer", 9.0, 0.1)

def unmet():
    raise Unmet(sent="a", saw="b", expected="c", look="d")

def broken():
    raise ZeroDivisionError

def fine():
    pass
"""
VISIBLE = """
@check("It lives", points=2)
def test_lives():
    {}()
"""
GUARD = """
@guards("test_lives", sent="other inputs.", saw="", expected="", look="")
def test_lives_again_{}():
    {}()
"""


def ran(folder: Path, *sources: str) -> Run:
    """A real run of the checks that these sources make."""
    text = "".join([HEAD, *sources])
    (folder / "test_of_these.py").write_text(text)
    job = folder / "job.json"
    Job({}, Release.named("good"), Confined.LIMITS, 0).write(job)
    return Run([folder], job, lambda check: None, 60.0, False, None)


@pytest.mark.parametrize(
    ("visible", "guards", "outcome"),
    [
        ("busy", [], "inconclusive"),
        ("fine", ["busy"], "inconclusive"),
        ("fine", ["fine", "busy"], "inconclusive"),
        ("fine", ["busy", "unmet"], "failed"),
        ("unmet", ["busy"], "failed"),
        ("busy", ["fine"], "inconclusive"),
        ("broken", ["busy"], "error"),
        ("fine", ["broken"], "error"),
        ("fine", ["fine"], "passed"),
    ],
)
def test_a_guard_can_put_in_doubt_what_passed_and_nothing_else(
    visible: str, guards: list[str], outcome: str, tmp_path: Path
) -> None:
    """What failed has failed, and a check of ours that broke is no matter of load."""
    sources = [GUARD.format(n, does) for n, does in enumerate(guards)]
    [check] = merged(ran(tmp_path, VISIBLE.format(visible), *sources))
    assert check.outcome == outcome
    assert check.earned == (2.0 if outcome == "passed" else 0.0)


LAG = """
@check("It is told how busy the machine was", points=1)
def test_lag(request):
    for lag_s in (0.1, 0.9, 0.2):
        line = json.dumps({"lag_s": lag_s, "ran_s": 0.0}).encode() + b"\\n"
        os.write(request.config.getoption("--report-fd"), line)

@check("It ends", points=1)
def test_ends():
    os._exit(0)
"""


@pytest.mark.parametrize(
    ("timed_out", "lag_s", "outcome"),
    [(True, 0.9, "inconclusive"), (True, 0.2, "timed_out"), (False, 0.9, "error")],
)
def test_what_ran_out_of_time_on_a_busy_machine_is_not_held_against_it(
    timed_out: bool, lag_s: float, outcome: str, tmp_path: Path
) -> None:
    """On a quiet machine it is; and the greatest lag that was reported decides."""
    run = ran(tmp_path, LAG)
    assert run.lag_s == 0.9
    run.timed_out, run.lag_s = timed_out, lag_s
    assert [check.outcome for check in merged(run)] == ["passed", outcome]


def test_every_time_limit_counts_as_often_as_one_is_patient(tmp_path: Path) -> None:
    """The job takes it to the checks, and to the sandbox of what they judge."""
    Job({}, Release.named("good"), Confined.LIMITS, 0, patience=4).write(tmp_path / "x")
    job = Job.read(tmp_path / "x")
    assert job.patience == 4
    assert '"wall_s": 1200' in job.confinement.interpreter[2]


def test_an_inconclusive_check_earns_nothing_and_loses_nothing() -> None:
    """The verdict says what it may come to."""
    verdict = verdict_of("passed", "inconclusive", "failed")
    assert verdict.inconclusive
    assert not verdict.passed
    assert (verdict.score, verdict.at_most, verdict.points) == (2.0, 4.0, 6.0)
    assert not verdict_of("passed", "failed", "error").inconclusive
