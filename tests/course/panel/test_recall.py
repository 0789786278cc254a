"""Recall questions: two a module, told apart from predictions by an answer at once."""

import pytest

from course.panel.recall import Question, Recall, questions


@pytest.mark.parametrize("question", questions(), ids=lambda q: q.question[:40])
def test_the_right_answer_is_told_from_the_others(question: Question) -> None:
    """With the reason, whichever was chosen."""
    for key in "abc"[: len(question.options)]:
        asked = Recall(question)
        asked.commit(key)
        said = asked._said.value
        assert said.startswith("Right." if key == question.answer else "The answer is")
        assert question.because in said


def test_a_module_asks_about_earlier_ones() -> None:
    """Twice."""
    modules = [q.module for q in questions()]
    assert all(modules.count(module) == 2 for module in modules)
    assert all(q.about < q.module for q in questions())
