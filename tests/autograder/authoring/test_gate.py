"""The rollouts that exercise 12's gate is judged by, and those that are drawn."""

import importlib.util
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from autograder.authoring.known import Case, cases
from autograder.instruments.functions import Call
from autograder.judge import Exercise
from tests.autograder.authoring.in_process import InProcess

EXERCISE = Exercise.named("12")
RIGHT = [case for case in cases(EXERCISE) if case.is_right]
SEEDS = 30


@pytest.fixture(scope="module")
def rollouts() -> ModuleType:
    """The module that plays them."""
    path = EXERCISE.held_back / "test_canary_held_back.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def played(rollouts: ModuleType, ask: Callable[..., Call], which: list[Any]) -> Any:
    """How each of them ends."""
    ends = rollouts.Ends()
    for rollout in which:
        rollouts.play(ask, rollout, ends)
    return ends


@pytest.mark.slow
@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_right_gates_stay_far_from_the_bars_for_drawn_ones(
    rollouts: ModuleType, case: Case
) -> None:
    """So that no score hangs on the seed."""
    functions = InProcess(EXERCISE, case.answers)
    for seed in range(SEEDS):
        which = rollouts.drawn_from(random.Random(seed))
        with functions.conversation("gate") as ask:
            ends = played(rollouts, ask, which)
        assert ends.promoted() <= rollouts.MOST_WRONG / 3
        assert ends.refused() <= rollouts.MOST_WRONG / 3
        assert ends.hurt() <= rollouts.MOST_HURT / 3


def test_a_gate_made_for_the_rollouts_of_everybody_fails_drawn_ones(
    rollouts: ModuleType,
) -> None:
    """It knows each look of theirs, and waits otherwise."""
    decisions: dict[str, str] = {}

    def learn(*arms: dict[str, int]) -> Call:
        return Call("returned", decisions.setdefault(str(arms), "wait"))

    same = rollouts.for_everybody()
    for rollout in same:
        make, *_ = rollout
        decision = {"bad": "roll back", "good": "promote"}[make.__name__]

        def decide(*arms: dict[str, int], decision: str = decision) -> Call:
            decisions[str(arms)] = decision
            return Call("returned", decision)

        played(rollouts, decide, [rollout])
    ends = played(rollouts, learn, same)
    assert ends.promoted() <= 3
    assert ends.refused() <= 5
    for seed in range(3):
        ends = played(rollouts, learn, rollouts.drawn_from(random.Random(seed)))
        assert ends.refused() > rollouts.MOST_WRONG
