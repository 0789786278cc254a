"""The vocabulary of checks: their titles and points, and how they report a failure."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograder.judge.verdict import Feedback


class Unmet(Exception):
    """A check that is not met. The learner reads exactly these sentences.

    `look` points at the idea that is missing, not at the line to type. An observation
    may depend on the clock, such as an answer's own time-out. If the machine was late
    by more than `margin_s` in any one second, it proves nothing, and the check is
    inconclusive.
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
    """Raise Unmet unless `met`, in a held-back test: its mark gives the reason."""
    if not met:
        raise Unmet(sent="", saw="", expected="")


def close(value: Any, expected: float | None) -> bool:
    """Return whether `value`, of any type, is close to `expected`, or None as it is."""
    if expected is None or value is None or isinstance(value, bool):
        return value is expected
    if not isinstance(value, int | float):
        return False
    try:
        return math.isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9)
    except OverflowError:  # an int that no float can hold
        return False


def check(title: str, points: float) -> Callable[[Any], Any]:
    """Mark a test as the check called `title`, worth `points`."""
    mark: Callable[[Any], Any] = pytest.mark.check(title, points)
    return mark


def guards(
    name: str, *, sent: str, saw: str, expected: str, look: str
) -> Callable[[Any], Any]:
    """Mark a held-back test: check `name` passes only if this test passes too.

    It tests the same with other inputs. If it fails, the learner reads the sentences
    given here, and nothing of what the test itself sent or saw.
    """
    feedback = Feedback(sent=sent, saw=saw, expected=expected, look=look)
    mark: Callable[[Any], Any] = pytest.mark.guards(name, feedback)
    return mark
