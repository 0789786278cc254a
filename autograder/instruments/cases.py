"""Tables of calls: arguments, what they must give, and what known mistakes give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .expect import Unmet, close
from .functions import CALLS_WITHIN_S, Call, Functions

# Where to look if an exception says this.
MISSING = {
    "NameError": "what the cell brings along: it is judged on its own.",
    "No module named 'course": "what the cell imports: it is judged without the"
    " package `course`.",
}


@dataclass(frozen=True)
class Case:
    """Arguments, what they must give, and where to look if they give something else.

    `mistakes` says where to look by what a mistake gives: a tuple stands for a list,
    and "timed_out" for a call that did not return. A result that no known mistake gives
    is told without advice.
    """

    what: str
    arguments: tuple[Any, ...]
    expected: Any
    mistakes: Mapping[Any, str] = field(default_factory=dict)

    def look(self, call: Call) -> str:
        """Return where to look if `call` gave another result than expected."""
        value = call.value if call.ended == "returned" else call.ended
        looks = (look for wrong, look in self.mistakes.items() if same(value, wrong))
        return next(looks, "")


def same(value: Any, expected: Any) -> bool:
    """Return whether `value` is as expected; numbers may differ by rounding errors."""
    if expected is None or isinstance(expected, int | float):
        return close(value, expected)
    if isinstance(expected, tuple):
        expected = list(expected)
    return bool(value == expected)


def missing(call: Call) -> str:
    """Return where to look if `call` missed something that the cell lacks."""
    return next((look for text, look in MISSING.items() if text in call.error), "")


def require_all(
    functions: Functions,
    name: str,
    cases: Sequence[Case],
    within_s: float = CALLS_WITHIN_S,
    through: str = "",
) -> None:
    """Raise Unmet for the first of `cases` whose result is another than expected.

    `within_s` and `through` are as for `Functions.calls`.
    """
    calls = functions.calls(name, [c.arguments for c in cases], within_s, through)
    for case, call in zip(cases, calls, strict=True):
        if call.ended == "returned" and same(call.value, case.expected):
            continue
        raise Unmet(
            sent=f"{name}(…) for {case.what}.",
            saw=f"{call}.",
            expected=f"{case.expected!r}.",
            look=missing(call) or case.look(call),
        )
