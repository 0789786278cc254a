"""The known answers of every exercise get the verdicts that they must get."""

from pathlib import Path

import pytest

from autograder.authoring.calibrating import Calibration, judge_case
from autograder.authoring.known import (
    START,
    Case,
    all_cases,
    cases,
    checks_of,
    chosen,
)
from autograder.judge import Check, Exercise, Feedback, Verdict
from autograder.judge.errors import ExerciseNotFound, KnownAnswerNotFound
from autograder.judge.exercise import exercises
from autograder.judge.window import Window
from autograder.learning.presenting import as_text
from autograder.sandbox import Confined
from tests.autograder.authoring.in_process import in_process

EXERCISES = [exercise.name for exercise in exercises()]
# Wrong answers whose checks only call functions are in test_seeds, without a sandbox.
CASES = [
    (name, case)
    for name in EXERCISES
    for case in all_cases(Exercise.named(name))
    if not in_process(Exercise.named(name), case)
]


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=[f"{n[:2]}-{case.name}" for n, case in CASES]
)
def test_a_known_answer_gets_its_verdict(name: str, case: Case) -> None:
    """As in grading: in the sandbox, with the held-back checks.

    A right answer passes all checks. A wrong one is judged by those that it must fail,
    which takes a third of the time; that it passes all others is for `outage calibrate`
    to see.
    """
    exercise = Exercise.named(name)
    verdict = judge_case(exercise, case, Confined.SANDBOX, Window(fixed=1), case.fails)
    misses = Calibration(name).add(case, verdict)
    assert not misses, as_text(verdict)
    assert {check.name for check in verdict.checks} == (
        case.fails or checks_of(exercise).keys()
    )
    assert case.fails or verdict.points == 10
    told = [check for check in verdict.checks if check.outcome != "inconclusive"]
    failed = [check for check in told if check.outcome == "failed"]
    assert all(str(check.feedback) for check in failed)
    if case.name == f"wrong/{START}":  # it fails by what it does, not by an accident
        assert failed == told
        assert all(check.feedback.saw for check in failed)
    if verdict.inconclusive:
        pytest.skip(f"this machine was too busy to tell\n{as_text(verdict)}")


@pytest.mark.parametrize("name", EXERCISES)
def test_there_are_enough_known_answers(name: str) -> None:
    """Six right and fourteen wrong ones at least, which fail checks that exist."""
    known = cases(Exercise.named(name))
    assert sum(case.is_right for case in known) >= 6
    assert sum(not case.is_right for case in known) >= 14
    sources = "".join(
        path.read_text() for path in Exercise.named(name).checks.glob("*.py")
    )
    for case in known:
        assert all(f"def {check}(" in sources for check in case.fails), case.name
        assert case.is_right or len(case.feedback) > 5
        assert case.why.endswith("."), f"{case.name} lacks its sentence"


def test_known_answers_are_chosen_by_name() -> None:
    """All of an exercise, or those that are named; a name that is none is an error."""
    [(exercise, known)] = chosen(["05"])
    assert known == all_cases(exercise)
    one, other = known[0].name, known[-1].name
    [(_, two), (_, all_)] = chosen(["05", other, one.rpartition("/")[2], "06"])
    assert [case.name for case in two] == [other, one]
    assert len(all_) > 10
    with pytest.raises(KnownAnswerNotFound, match=r"'nothing'.*Known: .*unchanged"):
        chosen(["05", "nothing"])
    with pytest.raises(ExerciseNotFound):
        chosen(["nothing"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[right]]\nname='a'\nabout='b'\nedits=[{old='zz9', new='x'}]", "0 of its"),
        ("[[right]]\nname='a'\nabout='b'\nedits=[{old='\\n', new=''}]", "not once"),
        ("[[right]]\nname='a'\nabout='b'\nbase='c'\nedits=[]", "'c'"),
        ("[[right]]\nname='a'\nabout='b'", "'edits'"),
        ("[[right]]\nname='solution'\nabout='b'\nedits=[]", "two known answers"),
    ],
)
def test_a_known_answer_that_does_not_fit_is_named(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit must match exactly once, and a base must stand above."""
    monkeypatch.setattr(Exercise, "known_answers", tmp_path)
    (tmp_path / "known.toml").write_text(text.replace("'\\n'", '"\\n"'))
    with pytest.raises(ValueError, match=rf"05_stop_the_bleeding.*{said}"):
        cases(Exercise.named("05"))


@pytest.mark.parametrize(
    ("fails", "outcome", "feedback", "counted"),
    [
        ({"a"}, {"a": "failed", "b": "passed"}, "told", (0, 0, 0)),
        (set(), {"a": "failed", "b": "passed"}, "", (1, 0, 0)),
        (set(), {"a": "error", "b": "timed_out"}, "", (2, 0, 0)),
        ({"a"}, {"a": "passed", "b": "passed"}, "told", (0, 1, 1)),
        ({"a"}, {"a": "failed", "b": "failed"}, "other", (1, 0, 1)),
        ({"a"}, {"a": "inconclusive", "b": "inconclusive"}, "other", (0, 0, 0)),
        ({"a"}, {"a": "passed", "b": "inconclusive"}, "told", (0, 1, 1)),
    ],
)
def test_misses_are_counted_by_kind(
    fails: set[str],
    outcome: dict[str, str],
    feedback: str,
    counted: tuple[int, int, int],
) -> None:
    """False rejects, false accepts, wrong feedback; inconclusive is none of them."""
    checks = [
        Check(
            name=name,
            title=name,
            points=1,
            outcome=was,
            feedback=Feedback(message="" if was == "passed" else "you are told this"),
        )
        for name, was in outcome.items()
    ]
    verdict = Verdict(
        exercise="x",
        answers_digest="",
        checks_digest="",
        confined="limits",
        held_back=True,
        seed=1,
        checks=checks,
        phases={},
        seconds=0,
    )
    case = Case("wrong/x", "", frozenset(fails), feedback, {})
    result = Calibration("x")
    result.add(case, verdict)
    assert result.inconclusive == list(outcome.values()).count("inconclusive")
    assert result.checks == len(outcome)
    assert (
        result.false_rejects,
        result.false_accepts,
        result.wrong_feedback,
    ) == counted
    assert result.is_sound == (counted == (0, 0, 0))
