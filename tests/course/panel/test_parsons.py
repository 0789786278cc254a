"""A Parsons problem: moved line by line, judged as a whole."""

import pytest

from course.panel import Parsons
from course.panel.parsons import problems

LINES = ["try:", "    work()", "except KeyError:", "    pass", "else:", "    done()"]


def puzzle() -> Parsons:
    """One that is out of order."""
    return Parsons("Order them.", LINES, "That is why.")


def test_it_is_shown_out_of_order_and_the_same_each_time() -> None:
    """With every line in it."""
    assert puzzle().order != LINES
    assert sorted(puzzle().order) == sorted(LINES)
    assert puzzle().order == puzzle().order


def test_the_order_that_a_learner_has_made_is_checked() -> None:
    """The button sends a message; a reply says how many lines stand right."""
    parsons = puzzle()
    right = [parsons.order.index(line) for line in LINES]
    parsons.widget.order = [*right[:4], right[5], right[4]]
    parsons._commit(parsons.order)
    assert parsons.widget.message == "4 of 6 lines stand in the right place."
    parsons.widget.order = right
    parsons._commit(parsons.order)
    assert parsons.widget.message == "Right. That is why."


def test_the_right_order_is_told_why(capsys: pytest.CaptureFixture[str]) -> None:
    """By the numbers that the plain text shows."""
    parsons = puzzle()
    parsons.commit([parsons.order.index(line) + 1 for line in LINES])
    assert "Right. That is why." in capsys.readouterr().out


def test_a_wrong_order_is_told_how_far_it_is_right_and_then_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On the third try."""
    parsons = puzzle()
    wrong = [*LINES[:4], LINES[5], LINES[4]]
    numbers = [parsons.order.index(line) + 1 for line in wrong]
    for _ in range(2):
        parsons.commit(numbers)
        assert "4 of 6 lines stand in the right place." in capsys.readouterr().out
    parsons.commit(numbers)
    assert "This is the order." in capsys.readouterr().out


def test_numbers_that_are_no_order_are_no_try(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line twice, a line left out."""
    parsons = puzzle()
    parsons.commit([1, 1, 2, 3, 4, 5])
    assert "Name each line from 1 to 6 once." in capsys.readouterr().out
    assert parsons.tries == 0


def test_those_of_lessons_are_python_in_their_right_order() -> None:
    """Inside a function, since they may return."""
    for name in problems():
        lines = Parsons.named(name).lines
        compile("\n".join(["def f():", *(f"    {x}" for x in lines)]), name, "exec")
