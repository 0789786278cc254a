"""An answer gets the same verdict whatever inputs are drawn: many seeds, not one.

Functions are called in this process, which is a hundred times faster, and safe: the
answers are our own.
"""

import importlib.util
import inspect
import json
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.known import cases
from autograder.instruments.expect import Unmet
from autograder.instruments.functions import Call
from autograder.judge import Answers, Exercise
from autograder.judge.exercise import exercises

SEEDS = 40
# Of processor time, and only for a call that never returns: the others take less.
CALL_WITHIN_S = 2.0
# With each seed, a client is asked thousands of times, a hundred times what others are,
# four whole recordings are disguised, or there are tens of thousands of users.
WRONG_SEEDS = 30
FEWER_SEEDS = {
    "test_the_budget_holds": 2,
    "test_an_outage_that_ends": 4,
    "test_the_alert_knows_the_incident": 3,
    "test_the_slice_has_its_size": 4,
    "test_other_sizes": 4,
    "test_the_slice_is_sticky": 8,
    "test_other_users": 8,
    "test_incidents_in_disguise": 12,
    "test_the_rule_on_incidents_in_disguise": 12,
}


class InProcess:
    """Calls the functions of one known answer here, as `Functions` does elsewhere."""

    def __init__(self, exercise: Exercise, answers: Answers) -> None:
        self._functions = {
            slot.defines: defined(answers[slot.grade_id], slot.defines)
            for slot in exercise.slots
        }

    def call(self, function: str, *arguments: Any) -> Call:
        """Call it once."""
        return self.calls(function, [arguments])[0]

    def calls(
        self,
        function: str,
        cases: Sequence[Sequence[Any]],
        within_s: float = 0.0,
        through: str = "",
    ) -> list[Call]:
        """Call it with each of `cases`."""
        with self.conversation(function, within_s, through) as ask:
            return [ask(*case) for case in json.loads(json.dumps(cases))]

    @contextmanager
    def conversation(
        self, function: str, within_s: float = 0.0, through: str = ""
    ) -> Iterator[Callable[..., Call]]:
        """Gives what calls it."""
        del within_s
        called = self._functions[function]
        if through:
            outer, inner = defined(through, "through"), called

            def called(*case: Any) -> Any:
                return outer(inner, *case)

        yield lambda *case: self._call(called, case)

    @staticmethod
    def _call(called: Callable[..., Any], case: Sequence[Any]) -> Call:
        signal.setitimer(signal.ITIMER_VIRTUAL, CALL_WITHIN_S)
        try:
            value = called(*case)
        except OutOfTime:
            return Call("timed_out")
        except Exception as exc:  # noqa: BLE001 - as many kinds as answers
            return Call("raised", error=repr(exc))
        except BaseException as exc:  # noqa: BLE001 - it ends the process there
            return Call("process_ended", error=repr(exc))
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        try:
            return Call("returned", json.loads(json.dumps(value, allow_nan=False)))
        except (TypeError, ValueError) as exc:
            return Call("no_json", error=repr(exc))


class OutOfTime(BaseException):
    """A call has not returned."""


@pytest.fixture(autouse=True)
def calls_end() -> Iterator[None]:
    """End a call that never returns."""

    def end(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGVTALRM, end)
    yield
    signal.signal(signal.SIGVTALRM, before)


def defined(source: str, name: str) -> Any:
    """What `source` defines as `name`."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace[name]


def drawn_from(folder: Path) -> Iterator[tuple[str, Callable[..., None], int]]:
    """The tests below `folder` that need a learner's functions and seeds alone.

    Each with its file's name, and with how many seeds it is tried.

    Some take the functions through the `client` that their module makes of them by
    `talking`. A test that takes any other fixture may start a process: it is not here.
    """
    for path in sorted(folder.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, test in vars(module).items():
            if name.startswith("test_") and inspect.isfunction(test):
                wanted = list(inspect.signature(test).parameters)
                seeds = FEWER_SEEDS.get(name, SEEDS)
                if sorted(wanted) == ["functions", "seeded"]:
                    yield path.name, test, seeds
                elif sorted(wanted) == ["client", "seeded"]:
                    yield path.name, with_client(module.talking, test), seeds


def with_client(
    talking: Callable[[Any], AbstractContextManager[Any]], test: Callable[..., None]
) -> Callable[..., None]:
    """The test, given a client of the functions."""

    @wraps(test)
    def run(functions: InProcess, seeded: random.Random) -> None:
        with talking(functions) as client:
            test(client=client, seeded=seeded)

    return run


CASES = [
    (exercise, folder)
    for exercise in exercises()
    for folder in (exercise.checks, exercise.held_back)
    if list(drawn_from(folder))
]


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
    """Each of them, by each test that it must fail."""
    for case in (case for case in cases(exercise) if not case.is_right):
        for name, test, seeds in drawn_from(exercise.checks):
            if test.__name__ not in case.fails:
                continue
            for seed in range(min(seeds, WRONG_SEEDS)):
                try:
                    functions = InProcess(exercise, case.answers)
                except Exception:  # noqa: BLE001 - it cannot be imported, and so fails
                    break
                with suppress(Unmet):
                    test(functions=functions, seeded=random.Random(f"{seed} {name}"))
                    pytest.fail(f"{case.name} passes {test.__name__} with seed {seed}")


def test_some_tests_draw_their_inputs() -> None:
    """Or the test above would pass by finding nothing."""
    assert len(CASES) >= 3
