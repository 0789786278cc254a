"""A learner's functions, called in a process of their own: JSON in, JSON out."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from autograder.sandbox import Confined

from .sandboxed import child

Ended = Literal[
    "returned", "raised", "no_json", "missing", "timed_out", "process_ended"
]

CALLS_WITHIN_S = 10.0

# Nothing can be called in a process after these.
LAST = ("missing", "timed_out", "process_ended")


@dataclass(frozen=True)
class Call:
    """The result of a call: `value` if it `returned`, otherwise `error` in words.

    "no_json": it returned something that cannot be JSON. "missing": there is no such
    function, or its cell cannot be run. "process_ended": it ended the process that it
    ran in.
    """

    ended: Ended
    value: Any = None
    error: str = ""

    def __str__(self) -> str:
        if self.ended == "returned":
            return f"it returned {self.value!r}"
        if self.error == "NotImplementedError":
            return "it is not written yet: it raised NotImplementedError"
        description = {
            "raised": "it raised",
            "no_json": "it returned something that is no JSON:",
            "missing": "it could not be called:",
            "timed_out": "it had not returned in time",
            "process_ended": "it ended the process it was called in",
        }[self.ended]
        return f"{description} {self.error}".strip()


class Functions:
    """A learner's functions, each with the source of the cell that defines it.

    None of their code runs in this process.
    """

    def __init__(
        self,
        sources: Mapping[str, str],
        confined: Confined,
        forks: str = "",
        patience: float = 1.0,
        seed: int = 0,
    ) -> None:
        self._sources = sources
        self._confined = confined
        self._forks = forks
        self._patience = patience
        self._rng = random.Random(f"{seed} order of calls")

    def call(self, function: str, *arguments: Any) -> Call:
        """Call `function` once, with arguments that can be JSON; return the result."""
        return self.calls(function, [list(arguments)])[0]

    def calls(
        self,
        function: str,
        cases: Sequence[Sequence[Any]],
        within_s: float = CALLS_WITHIN_S,
        through: str = "",
    ) -> list[Call]:
        """Call `function` with each of `cases` in one process, in a drawn order.

        So what a function remembers of earlier calls says nothing about the next one. A
        call that ends the process, or is out of time, stands for all cases behind it;
        cases before it that were not drawn yet are called in a new process.

        `within_s` is the time in which the calls of a process may run, in seconds;
        patience multiplies it. For arguments that cannot be JSON, `through` is source
        of ours that defines `through(function, *case)`, which is called instead. Raises
        MachineTooBusy if the process could hardly run.
        """
        calls: dict[int, Call] = {}
        end = len(cases)
        left = self._rng.sample(range(end), end)
        while left:
            with self.conversation(function, within_s, through) as ask:
                for number in left:
                    calls[number] = ask(*cases[number])
                    if calls[number].ended in LAST:
                        end = number
                        break
            left = [number for number in range(end) if number not in calls]
        return [calls[min(number, end)] for number in range(len(cases))]

    @contextmanager
    def conversation(
        self, function: str, within_s: float = CALLS_WITHIN_S, through: str = ""
    ) -> Iterator[Callable[..., Call]]:
        """Yield a callable that calls `function`, each time in the same process.

        `within_s` and `through` are as for `calls`. Time in which nothing is asked does
        not count.
        """
        request = {
            "source": self._sources[function],
            "function": function,
            "through": through,
        }
        may_run_s = self._patience * within_s
        with child("call", [], self._confined, may_run_s, (), self._forks) as running:
            ended: Call | None = None
            beginning = json.dumps(request) + "\n"

            def ask(*arguments: Any) -> Call:
                nonlocal ended, beginning
                if ended is None:
                    running.tell(beginning + json.dumps(arguments) + "\n")
                    beginning = ""
                    call, last = call_of(next(running.reports, {}))
                    ended = call if last else None
                    return call
                return ended

            yield ask


def call_of(report: dict[str, Any]) -> tuple[Call, bool]:
    """Return the call that `report` describes, and whether it is the last."""
    [(kind, value)] = list(report.items())[:1] or [("", None)]
    match kind:
        case "returned":
            return Call("returned", value), False
        case "raised" | "no_json":
            return Call(kind, error=str(value)), False
        case "missing":
            return Call("missing", error=str(value)), True
    return Call("timed_out" if value == "time" else "process_ended"), True
