"""An answer gets the same verdict whatever inputs are drawn: many seeds, not one."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.authoring.known import cases
from autograder.instruments.expect import Unmet
from autograder.judge import Exercise
from autograder.judge.exercise import exercises
from tests.autograder.authoring.in_process import (
    WRONG_SEEDS,
    InProcess,
    OutOfTime,
    drawn_from,
    failures,
    in_process,
)

CASES = [
    (exercise, folder)
    for exercise in exercises()
    for folder in (exercise.checks, exercise.held_back)
    if list(drawn_from(folder))
]


@pytest.fixture(autouse=True)
def calls_end() -> Iterator[None]:
    """End a call that never returns."""

    def end(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGVTALRM, end)
    yield
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise", "folder"),
    CASES,
    ids=[f"{folder.name}-{exercise.number}" for exercise, folder in CASES],
)
def test_right_answers_pass_with_every_seed(exercise: Exercise, folder: Path) -> None:
    """Each of them, by each test that draws its inputs."""
    for case in (case for case in cases(exercise) if case.is_right):
        functions = InProcess(exercise, case.answers)
        for name, test, seeds in drawn_from(folder):
            for seed in range(seeds):
                try:
                    test(functions=functions, seeded=random.Random(f"{seed} {name}"))
                except Unmet as exc:
                    pytest.fail(f"{case.name}, {test.__name__}, seed {seed}: {exc}")


@pytest.mark.slow
@pytest.mark.parametrize("exercise", dict(CASES), ids=[e.number for e in dict(CASES)])
def test_wrong_answers_fail_with_every_seed(exercise: Exercise) -> None:
    """Each of them, by each check that it must fail, for the reason it must be told."""
    seeds_of = {t.__name__: seeds for _, t, seeds in drawn_from(exercise.checks)}
    for case in (case for case in cases(exercise) if not case.is_right):
        checks = [check for check in seeds_of if check in case.fails]
        for seed in range(min([WRONG_SEEDS, *(seeds_of[check] for check in checks)])):
            told = []
            for check in checks:
                told.append(next(failures(exercise, case, check, seed), None))
                assert told[-1], f"{case.name} passes {check} with seed {seed}"
            if in_process(exercise, case):
                said = "\n".join(map(str, told))
                assert case.feedback in said, f"{case.name}, seed {seed}: {said}"


def test_some_tests_draw_their_inputs() -> None:
    """Or the test above would pass by finding nothing."""
    assert len(CASES) >= 3
