"""Recall questions: two a module, told apart from predictions by an answer at once."""

import pytest

from course.panel.recall import Question, Recall, questions, recall


@pytest.mark.parametrize("question", questions(), ids=lambda q: q.question[:40])
def test_the_right_answer_is_told_from_the_others(
    question: Question, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, whichever was chosen."""
    for key in "abc"[: len(question.options)]:
        asked = Recall(question)
        asked.commit(key)
        said = capsys.readouterr().out
        assert said.startswith("Right." if key == question.answer else "The answer is")
        assert question.because in said


def test_a_module_asks_about_earlier_ones() -> None:
    """Twice; the first, which has none before it, about itself."""
    modules = [q.module for q in questions()]
    assert all(modules.count(module) == 2 for module in modules)
    assert all(q.about < q.module or q.module == "01" for q in questions())


def test_without_widgets_letters_answer_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And the text says how."""
    first, second = [q for q in questions() if q.module == "02"]
    recall("02", first.answer)
    assert "Right." in capsys.readouterr().out
    assert 'recall("02", "a", "b")' in Recall(second).how
