"""The judge: known answers get known verdicts, and odd input gets a clear one."""

import json
from pathlib import Path

import pytest

from autograder.judge import (
    Exercise,
    JudgeError,
    Verdict,
    from_notebook,
    judge,
)
from autograder.presenting import as_html, as_text

EXERCISE = Exercise.named("05")
ANSWERS = Path(__file__).parents[2] / "autograder" / "calibration" / EXERCISE.name


def judged(text: str) -> Verdict:
    """The verdict on an answer to exercise 05."""
    return judge(EXERCISE, {"dispatcher": text})


def outcomes(verdict: Verdict) -> dict[str, str]:
    """Check name → outcome."""
    return {check.name: check.outcome for check in verdict.checks}


def test_the_untouched_exercise_scores_nothing() -> None:
    """Every check fails, for a reason that it tells."""
    verdict = judge(EXERCISE, from_notebook(EXERCISE.notebook)[0])
    assert set(outcomes(verdict).values()) == {"failed"}
    assert verdict.score == 0
    assert verdict.points == 10
    assert all("Saw: " in check.feedback for check in verdict.checks)


def test_the_solution_scores_in_full() -> None:
    """From its text and from the notebook that nbgrader grades against."""
    verdict = judge(EXERCISE, from_notebook(EXERCISE.solution)[0])
    assert verdict.passed, as_text(verdict)
    assert verdict.score == verdict.points == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", sorted(ANSWERS.glob("right/*.py")), ids=lambda p: p.stem
)
def test_right_answers_score_in_full(path: Path) -> None:
    """However they are built, and whatever they write to standard error."""
    verdict = judged(path.read_text())
    assert verdict.passed, as_text(verdict)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", sorted(ANSWERS.glob("wrong/*.py")), ids=lambda p: p.stem
)
def test_wrong_answers_fail_where_they_must(path: Path) -> None:
    """The checks in their first line, no other, with the feedback in the second."""
    first, second = path.read_text().splitlines()[:2]
    expected = set(first.removeprefix("# fails: ").split())
    idea = second.removeprefix("# feedback: ")
    verdict = judged(path.read_text())
    failed = {
        name for name, outcome in outcomes(verdict).items() if outcome != "passed"
    }
    assert failed == expected, as_text(verdict)
    assert idea in as_text(verdict)


def test_a_missing_answer_is_named() -> None:
    """No crash, no points, and the cell's name."""
    verdict = judge(EXERCISE, {})
    assert verdict.score == 0
    assert {check.outcome for check in verdict.checks} == {"failed"}
    assert "no answer in its cell dispatcher" in verdict.checks[0].feedback


@pytest.mark.parametrize(
    "text",
    ["def (", "x = '\ud800'", "\x00", "import a_module_that_nobody_has", "1/0"],
    ids=["syntax", "surrogate", "null byte", "missing module", "raises on import"],
)
def test_an_answer_that_does_not_start_says_so(text: str) -> None:
    """With what Python said about it."""
    verdict = judged(text)
    assert verdict.score == 0
    assert "does not start" in verdict.checks[0].feedback
    assert "Error" in verdict.checks[0].feedback


def test_judging_ends_when_its_time_is_over() -> None:
    """What has not ended by then is said to have timed out."""
    verdict = judge(EXERCISE, {"dispatcher": "while True: pass"}, time_limit_s=4)
    assert "timed_out" in outcomes(verdict).values()
    assert verdict.score == 0
    assert "stopped after 4 s" in as_text(verdict)


def test_checks_are_told_as_they_end() -> None:
    """One call a check, in their order."""
    seen: list[str] = []
    verdict = judge(
        EXERCISE, {"dispatcher": "x ="}, lambda check: seen.append(check.name)
    )
    assert seen == [check.name for check in verdict.checks]


def test_a_verdict_is_plain_data() -> None:
    """There and back through JSON; digests tell answers apart."""
    verdict = judged("x = 1")
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
    assert json.loads(verdict.model_dump_json())["version"] == 1
    assert verdict.answers_digest != judged("x = 2").answers_digest


def test_feedback_is_escaped_for_html() -> None:
    """What a replica says may hold markup."""
    html = as_html(judged("raise ValueError('<script>alert(1)</script>')"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_unknown_exercise_lists_the_known_ones() -> None:
    """By name."""
    with pytest.raises(JudgeError, match="05_stop_the_bleeding"):
        Exercise.named("99")


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"cells": 3}'])
def test_a_broken_notebook_is_named(tmp_path: Path, content: str | None) -> None:
    """With the way out."""
    path = tmp_path / "work.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(JudgeError, match=r"work\.ipynb.*(fresh copy|save)"):
        from_notebook(path)


def test_of_two_cells_with_one_id_the_first_counts(tmp_path: Path) -> None:
    """As nbgrader has it."""
    notebook = json.loads(EXERCISE.notebook.read_text())
    cell = next(c for c in notebook["cells"] if c["id"] == "dispatcher")
    notebook["cells"].append({**cell, "id": "copy", "source": "second"})
    cell["source"] = "first"
    path = tmp_path / "copied.ipynb"
    path.write_text(json.dumps(notebook))
    assert from_notebook(path)["dispatcher"] == "first"
