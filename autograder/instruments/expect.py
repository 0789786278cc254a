"""The vocabulary of the checks: what a check is worth, and how it says what it saw."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograder.judge.verdict import Feedback


class Unmet(Exception):
    """A check is not met. The learner reads exactly these sentences.

    `look` points at the idea that is missing, not at the line to type. What was seen
    may go by the clock, such as an answer's own time-out: on a machine that was late by
    more than `margin_s` of any one second it says nothing: the check is inconclusive.
    """

    def __init__(
        self,
        *,
        sent: str,
        saw: str,
        expected: str,
        look: str = "",
        margin_s: float = math.inf,
    ) -> None:
        self.margin_s = margin_s
        self.feedback = Feedback(sent=sent, saw=saw, expected=expected, look=look)
        super().__init__(str(self.feedback))


def require(met: bool) -> None:
    """Fail a held-back test, for a reason that its mark tells. Raises Unmet."""
    if not met:
        raise Unmet(sent="", saw="", expected="")


def close(value: Any, expected: float | None) -> bool:
    """Whether `value`, whatever it is, is the number `expected`, or None as it is."""
    if expected is None or value is None or isinstance(value, bool):
        return value is expected
    return isinstance(value, int | float) and math.isclose(
        value, expected, rel_tol=1e-6, abs_tol=1e-9
    )


def check(title: str, points: float) -> Callable[[Any], Any]:
    """Mark a test as the check called `title`, worth `points`."""
    mark: Callable[[Any], Any] = pytest.mark.check(title, points)
    return mark


def guards(
    name: str, *, sent: str, saw: str, expected: str, look: str
) -> Callable[[Any], Any]:
    """Mark a held-back test: check `name` passes only if this passes too.

    It asks the same with other inputs. If it fails, the learner reads what stands here,
    and no word of what the test itself sent or saw.
    """
    told = Feedback(sent=sent, saw=saw, expected=expected, look=look)
    mark: Callable[[Any], Any] = pytest.mark.guards(name, told)
    return mark
