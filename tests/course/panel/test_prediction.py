"""A prediction is settled by a run that can tell, and by no other."""

import pytest

from course.learner import curriculum, modules
from course.outage.telemetry.series import Telemetry
from course.panel import Prediction, Run


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
    """One to which the learner has committed."""
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
    asked.reveal_from(lambda _: ("a", "Nine of ten."), run_of(0.8))
    told = said(capsys)
    assert "Observed: a) this. Nine of ten." in told
    assert "For a reason." in told
    assert "As you predicted." in told


def test_a_surprise_on_a_quiet_machine_is_told_without_the_reason(
    asked: Prediction, capsys: pytest.CaptureFixture[str]
) -> None:
    """What explains the answer that was expected explains no other."""
    asked.reveal_from(lambda _: ("b", "None."), run_of(0.1))
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
    asked.reveal_from(lambda _: (key, "One of ten."), run_of(lag_s))
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
    asked.reveal_from(lambda run: (str(run.served(0)), ""), Run("99", "never"))
    told = said(capsys)
    assert "Nothing was observed. The run “never” has not come to its end" in told
    assert "Observed" not in told


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
