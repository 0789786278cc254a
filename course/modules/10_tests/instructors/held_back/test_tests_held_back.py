"""The same suite on other releases.

Nothing here may reach a learner: see course/modules/README.md.
"""

import random
from pathlib import Path

import pytest

from autograder.instruments.expect import guards, require
from autograder.instruments.planted import Planted, planted
from autograder.instruments.suites import SuiteRun, SuiteRunner

WANTED = 3  # of five
ORDER = 4  # of the tests: shuffled, and another one than in the visible checks


@pytest.fixture(scope="module")
def runs(suite: SuiteRunner, seeded: random.Random) -> list[tuple[Planted, SuiteRun]]:
    known = planted(Path(__file__).with_name("releases.toml"), seeded)
    right = {p.release.name: p.release for p in known if not p.family}
    runs = suite.run(right, orders=[ORDER])
    [run] = runs.values()
    faulty = {p.release.name: p.release for p in known if p.family}
    runs |= suite.run(faulty, telling=run.passed, orders=[ORDER])
    return [(each, runs[each.release.name]) for each in known]


@guards(
    "test_right_releases_pass",
    sent="another correct release.",
    saw="your suite does not pass on it: a test fails, or time runs out.",
    expected="every test to pass within 25 seconds, in any order, on whatever keeps the"
    " promises of the table.",
    look="",
)
def test_another_right_release_passes(runs: list[tuple[Planted, SuiteRun]]) -> None:
    require(all(run.accepts for each, run in runs if not each.family))


@guards(
    "test_ten_of_twelve_faults_are_found",
    sent="five other releases, each with one fault.",
    saw="fewer than three of them were found.",
    expected="at least three of them: the table covers them all.",
    look="whether your tests check what is promised, or what the twelve releases do.",
)
def test_other_faults_are_found(runs: list[tuple[Planted, SuiteRun]]) -> None:
    [right] = [run for each, run in runs if not each.family]
    found = [bool(set(right.passed) & set(run.failed)) for e, run in runs if e.family]
    require(sum(found) >= WANTED)
