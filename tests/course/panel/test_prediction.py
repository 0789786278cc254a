"""A prediction is settled by a run that can tell, and by no other."""

from pathlib import Path

import nbformat
import pytest

from course.learner import Module, curriculum, modules
from course.outage.telemetry.series import Telemetry
from course.panel import Observed, Prediction, Run
from course.panel.display import WIDGET, without_widgets

NOTEBOOKS = Path(__file__).parents[3] / "course" / "notebooks"


def run_of(lag_s: float) -> Run:
    """A run of two seconds, on a machine that was so late."""
    telemetry = Telemetry()
    for t in (0.0, 1.0, 2.0):
        beat = {"passed_s": 1.0, "lost_s": lag_s if t else 0.0}
        telemetry.add({"kind": "beat", "t": t, **beat})
    run = Run("99", "calm")
    run._fleets, run._marks = {"": telemetry}, {"began": 0.0, "ended": 2.0}
    run.complete = True
    return run


@pytest.fixture
def asked() -> Prediction:
    """One to which the learner has committed; `look` is set by each test."""
    prediction = Prediction("What?", ["this", "that"], "a", "For a reason.")
    prediction.show()
    prediction.commit("a")
    return prediction


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was shown since the last look."""
    return capsys.readouterr().out


def test_what_is_expected_is_told_with_its_reason(
    asked: Prediction, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a busy machine as well: it was seen in spite of that."""
    asked.look = lambda _: Observed("a", "9", "of ten.")
    asked.reveal(run_of(0.8))
    told = said(capsys)
    assert "Observed: a) this. 9 of ten." in told
    assert "For a reason." in told
    assert "As you predicted." in told


def test_a_surprise_on_a_quiet_machine_is_told_without_the_reason(
    asked: Prediction, capsys: pytest.CaptureFixture[str]
) -> None:
    """What explains the answer that was expected explains no other."""
    asked.look = lambda _: Observed("b", "0")
    asked.reveal(run_of(0.1))
    told = said(capsys)
    assert "Observed: b) that." in told
    assert "The course expected a) this." in told
    assert "For a reason." not in told
    assert "You predicted: a) this." in told


@pytest.mark.parametrize(("key", "lag_s"), [("b", 0.8), (None, 0.8), (None, 0.0)])
def test_a_run_that_does_not_tell_names_no_answer(
    asked: Prediction,
    capsys: pytest.CaptureFixture[str],
    key: str | None,
    lag_s: float,
) -> None:
    """It says how busy the machine was, and what to do."""
    said(capsys)
    asked.look = lambda _: Observed(key, "1", "of ten.")
    asked.reveal(run_of(lag_s))
    told = said(capsys)
    busy = "stood ready for 0.8 s" if lag_s else "This run does not tell."
    assert busy in told
    assert 'Run the cell with "calm" in it again' in told
    assert ".show_recorded()" in told
    assert "Observed" not in told
    assert "As you predicted" not in told


def test_a_run_that_was_not_is_named(
    asked: Prediction, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is computed from it."""
    asked.look = lambda run: Observed(str(run.served(0)))
    asked.reveal(Run("99", "never"))
    told = said(capsys)
    assert "Nothing was observed. The run “never” has not come to its end" in told
    assert "Observed" not in told


def test_what_no_run_settles_offers_none(
    asked: Prediction, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell has brought something else; there is no recording of that."""
    said(capsys)
    asked.look = lambda answer: Observed(None, str(answer), "is no option.")
    asked.reveal(418)
    told = said(capsys)
    assert "This run does not tell. 418 is no option." in told
    assert "recorded" not in told


def test_those_of_lessons_have_an_answer_among_their_options() -> None:
    """Which is what their lesson is tested for."""
    names = [
        f"{module.number} {name}"
        for module in modules()
        for name in curriculum.questions(module.name).get("predictions", {})
    ]
    assert names
    for prediction in map(Prediction.named, names):
        assert prediction.answer in prediction.options


def test_a_card_says_what_was_chosen_and_what_came_true(asked: Prediction) -> None:
    """The figure and the options, each with its tags; text is escaped."""
    card = asked._revealed(Observed("b", "<9>", "of `ten`."))
    assert '<div class="outage-figure">&lt;9&gt;</div>' in card
    assert "of <code>ten</code>." in card
    chosen, true = (line for line in card.split("<li")[1:])
    assert "your choice" in chosen
    assert "✓ observed" in true
    assert "outage-wrong" in card
    assert "outage-right" in asked._revealed(Observed("a"))


def test_nothing_of_the_answer_is_in_a_question() -> None:
    """Neither as HTML nor as text, before the learner has committed or after."""
    prediction = Prediction("What?", ["this", "that"], "a", "For a reason.")
    card = prediction.card()
    prediction.commit("b")
    for shown in (card, prediction._after(prediction.reply_to("b"))):
        assert "For a reason" not in shown
        assert "✓" not in shown


def test_a_saved_output_keeps_its_html_in_place_of_the_widget() -> None:
    """An output with nothing but a widget keeps that."""
    both = {"data": {WIDGET: {}, "text/html": "<p>state</p>", "text/plain": ""}}
    alone = {"data": {WIDGET: {}, "text/plain": ""}}
    printed = {"output_type": "stream", "text": ""}
    cell = {"cell_type": "code", "outputs": [both, alone, printed]}
    model = {"type": "notebook", "content": {"cells": [cell, {}]}}
    without_widgets(model, path="x.ipynb")
    assert WIDGET not in both["data"]
    assert WIDGET in alone["data"]
    for other in ({"type": "file", "content": "text"}, {"type": "notebook"}):
        without_widgets(other)


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.number)
def test_a_lesson_tells_no_answer_before_it_is_predicted(module: Module) -> None:
    """Its page, as it is opened, has neither an explanation nor what settles one."""
    notebook = nbformat.read(NOTEBOOKS / f"{module.name}.ipynb", as_version=4)
    page = " ".join(" ".join(cell.source for cell in notebook.cells).split())
    for prediction in curriculum.questions(module.name)["predictions"].values():
        for sentence in filter(
            None, " ".join(prediction["because"].split()).split(". ")
        ):
            assert sentence not in page
        assert prediction["question"] not in page
    assert "Observed(" not in page
