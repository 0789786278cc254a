"""Known answers, judged in this process by the checks that call functions.

That is a hundred times faster than in the sandbox, and safe: the answers are our own.
"""

import builtins
import importlib.util
import inspect
import json
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import Any

from autograder.authoring.known import Case
from autograder.instruments.expect import Unmet
from autograder.instruments.functions import Call
from autograder.judge import Answers, Exercise, Feedback
from autograder.sandbox.inside.call import described

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
        self._sources = {s.defines: answers[s.grade_id] for s in exercise.slots}

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
        """Give what calls it; as in a new process, it remembers nothing."""
        del within_s
        try:
            called = defined(self._sources[function], function)
        except Exception as exc:  # noqa: BLE001 - as many kinds as answers
            missing = Call("missing", error=described(exc))
            yield lambda *case: missing
            return
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
            return Call("raised", error=described(exc))
        except BaseException as exc:  # noqa: BLE001 - it ends the process there
            return Call("process_ended", error=described(exc))
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        try:
            return Call("returned", json.loads(json.dumps(value, allow_nan=False)))
        except (TypeError, ValueError) as exc:
            return Call("no_json", error=described(exc))


class OutOfTime(BaseException):
    """A call has not returned."""


def defined(source: str, name: str) -> Any:
    """What `source` defines as `name`, where nothing of ours can be imported."""

    def imported(module: str, *rest: Any) -> Any:
        if module.partition(".")[0] in {"autograder", "course"}:
            raise ModuleNotFoundError(f"No module named {module!r}")
        return __import__(module, *rest)

    namespace = {"__builtins__": {**vars(builtins), "__import__": imported}}
    exec(source, namespace)
    return namespace[name]


@cache
def drawn_from(folder: Path) -> list[tuple[str, Callable[..., None], int]]:
    """The tests below `folder` that need a learner's functions alone, or seeds as well.

    Each with its file's name, and with how many seeds it is tried.

    Some take the functions through the `client` that their module makes of them by
    `talking`. A test that takes any other fixture may start a process: it is not here.
    """
    found = []
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
                    found.append((path.name, test, seeds))
                elif sorted(wanted) == ["client", "seeded"]:
                    found.append((path.name, with_client(module.talking, test), seeds))
                elif wanted == ["functions"]:
                    found.append((path.name, without_seed(test), 1))
    return found


def without_seed(test: Callable[..., None]) -> Callable[..., None]:
    """The test, which draws nothing."""

    @wraps(test)
    def run(functions: InProcess, seeded: random.Random) -> None:
        del seeded
        test(functions=functions)

    return run


def with_client(
    talking: Callable[[Any], AbstractContextManager[Any]], test: Callable[..., None]
) -> Callable[..., None]:
    """The test, given a client of the functions."""

    @wraps(test)
    def run(functions: InProcess, seeded: random.Random) -> None:
        with talking(functions) as client:
            test(client=client, seeded=seeded)

    return run


def in_process(exercise: Exercise, case: Case) -> bool:
    """Return whether every check that `case` must fail can be tried in this process."""
    here = {test.__name__ for _, test, _ in drawn_from(exercise.checks)}
    return not case.is_right and case.fails <= here


def failures(
    exercise: Exercise, case: Case, check: str, seed: int
) -> Iterator[Feedback]:
    """Yield what a learner reads of `check`, and of the tests that guard it."""
    functions = InProcess(exercise, case.answers)
    for folder in (exercise.checks, exercise.held_back):
        for name, test, _ in drawn_from(folder):
            marks = [m for m in getattr(test, "pytestmark", []) if m.name == "guards"]
            if test.__name__ == check or any(mark.args[0] == check for mark in marks):
                try:
                    test(functions=functions, seeded=random.Random(f"{seed} {name}"))
                except Unmet as exc:
                    yield marks[0].args[1] if marks else exc.feedback
