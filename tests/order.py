"""In which order tests run where several workers share them.

A worker takes the next test, or the next tests that share a fixture that is dear, as
soon as it is free. The longest start first, so that the run does not end with one of
them alone; and from the start to the end, those that need a core run beside others that
mostly wait, so that no core has nothing to do.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import pytest
from xdist.scheduler import LoadScopeScheduling

# Tests that share a fixture, by how their ids begin. pytest-xdist has a mark for this,
# which writes to an attribute of tests that pytest 9.2 no longer has: it does nothing.
TOGETHER = {
    "tests/autograder/gradebook/test_nbgrader.py::test_feedback": "nbgrader",
    "tests/autograder/gradebook/test_nbgrader.py::test_scores": "nbgrader",
    "tests/autograder/gradebook/test_nbgrader.py::test_the_export": "nbgrader",
    "tests/browser/test_accessibility.py": "lab",
    "tests/browser/test_game_day.py": "lab",
    "tests/browser/test_learning.py": "lab",
    "tests/browser/test_error_advice.py": "lab",
    "tests/browser/test_seat.py": "lab",
    "tests/autograder/cli/test_busy_machine.py": "busy-machine",
    "tests/autograder/gradebook/test_collect.py": "collect",
    "tests/autograder/cli/test_grade.py": "cli-grading",
    "tests/autograder/cli/test_package.py": "package",
    "tests/autograder/cli/test_setup.py": "set-up",  # all of them change one .venv
    "tests/course/test_service.py": "service",
    "tests/hostile": "hostile",
}

CALIBRATION = "tests/autograder/authoring/test_calibration.py::test_a_known_answer"
SEEDS = "tests/autograder/authoring/test_seeds.py::test_right"
LESSON = "tests/test_lessons.py::test_a_lesson_runs_and_observes_what_it_teaches"

# What takes ten seconds or more on a quiet machine with two cores: groups, and tests by
# how their ids begin. Only the order rests on these figures.
LONGEST = {
    "lab": 200,
    "hostile": 180,
    "nbgrader": 60,
    "cli-grading": 60,
    "set-up": 35,
    "tests/browser/test_hub.py": 120,
    "tests/browser/test_teaching.py": 60,
    LESSON: 30,
    f"{LESSON}[13": 60,
    f"{LESSON}[05": 70,
    "tests/test_lessons.py::test_a_solved": 15,
    "tests/test_lessons.py::test_a_solved_exercise_runs_and_passes[10": 40,
    SEEDS: 30,
    "tests/autograder/authoring/test_seeds.py::test_wrong": 15,
    f"{SEEDS}_answers_pass_with_every_seed[checks-08": 60,
    "tests/autograder/gradebook/test_exchange.py": 40,
    "tests/autograder/grading/test_class.py": 25,
    "tests/autograder/grading/test_postgresql.py": 25,
    "tests/autograder/gradebook/test_nbgrader.py": 20,
    "tests/autograder/learning/test_game_day.py::test_every_outage": 30,
    "tests/autograder/learning/test_game_day.py::test_a_day": 20,
    "tests/autograder/judge/test_fork_servers.py": 12,
    f"{CALIBRATION}_gets_its_verdict[07": 10,
    f"{CALIBRATION}_gets_its_verdict[08": 20,
    f"{CALIBRATION}_gets_its_verdict[10": 25,
    f"{CALIBRATION}_gets_its_verdict[12": 12,
    f"{CALIBRATION}_gets_its_verdict[13": 20,
    "tests/course/outage/incident/test_replay.py": 35,
    "tests/course/outage/fleet/test_fleet.py": 10,
    "tests/autograder/cli/test_commands.py::test_check": 15,
    "tests/autograder/cli/test_new.py::test_a_new": 35,
    "tests/test_quality.py::test_the_code": 20,
    "tests/test_quality.py::test_what_is_generated": 20,
}

# Of those, the ones that mostly wait: for answers, for the ends of processes, for the
# end of a load. They keep a fifth to a third of a core busy; the others, all of one.
WAITING = (
    LESSON,
    *(f"{CALIBRATION}_gets_its_verdict[{n}" for n in ("07", "08", "12", "13")),
    "tests/course/outage",
    "tests/autograder/learning/test_game_day.py",
    "set-up",
)


class Units(LoadScopeScheduling):
    """Hands out units in the order in which the tests stand."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def ordered(items: Iterable[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests as `workers` shall take them: by unit, the longest first.

    Each worker is given two units at the start. So that none waits behind another that
    is long, the shortest come second.
    """
    units: dict[str, list[pytest.Item]] = {}
    for item in items:
        units.setdefault(unit_of(item.nodeid), []).append(item)
    longest_first = sorted(units, key=seconds, reverse=True)
    waiting = [unit for unit in longest_first if unit.startswith(WAITING)]
    computing = [unit for unit in longest_first if not unit.startswith(WAITING)]
    queue = [units[unit] for unit in interleaved(computing, waiting)]
    if len(queue) > 2 * workers:
        queue = queue[:workers] + queue[-workers:] + queue[workers:-workers]
    return [item for unit in queue for item in unit]


def interleaved(*queues: Sequence[str]) -> list[str]:
    """Merge queues of units so that all of them come to their ends together."""
    placed = []
    for queue in queues:
        ends = list(accumulate(map(seconds, queue)))
        placed += [
            ((end - seconds(unit)) / ends[-1], unit)
            for unit, end in zip(queue, ends, strict=True)
        ]
    return [unit for _, unit in sorted(placed, key=lambda each: each[0])]


def unit_of(nodeid: str) -> str:
    """Return what a worker takes at a time: a group of tests, or the test."""
    for beginning, group in TOGETHER.items():
        if nodeid.startswith(beginning):
            return group
    return nodeid


def seconds(unit: str) -> float:
    """Return how long a unit takes, by the longest beginning on record; else a bit."""
    known = [beginning for beginning in LONGEST if unit.startswith(beginning)]
    return LONGEST[max(known, key=len)] if known else 0.5
