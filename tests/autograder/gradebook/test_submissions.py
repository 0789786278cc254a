"""What becomes of a submission before it is judged."""

import nbformat
import pytest

from autograder.gradebook.submissions import LONGEST_SHOWN, READINGS, rebuilt
from autograder.judge.judging import LONGEST_ANSWER
from tests.instructor import EXERCISE


@pytest.mark.parametrize("excess", [0, 1])
def test_an_answer_that_is_too_long_to_be_judged_is_not_shown_whole(
    excess: int,
) -> None:
    """The judge gets all of it; pages are made of its beginning."""
    released = nbformat.read(EXERCISE.notebook, as_version=4)
    submitted = nbformat.from_dict(released)
    answer = "x = 1\n" * (LONGEST_ANSWER // 6 + 1)
    answer = answer[: LONGEST_ANSWER + excess]
    cell = next(c for c in submitted.cells if c["id"] == "dispatcher")
    cell.source = answer
    fresh, odd = rebuilt(submitted, released)
    assert fresh.metadata[READINGS] == [{"dispatcher": answer}]
    assert not odd
    shown = next(c for c in fresh.cells if c["id"] == "dispatcher").source
    if not excess:
        assert shown == answer
        return
    assert shown.startswith(answer[:LONGEST_SHOWN])
    assert "more characters, not shown" in shown
    assert len(shown) < 2 * LONGEST_SHOWN
