"""The judge: known answers get known verdicts, and odd input gets a clear one."""

import json
from pathlib import Path

import pytest

from autograder.judge import (
    Check,
    Exercise,
    Feedback,
    JudgeError,
    Verdict,
    from_notebook,
    judge,
    judge_best,
)
from autograder.judge.exercise import exercises
from autograder.learning.pages import as_html, check_as_html
from autograder.learning.presenting import as_text
from tests.instructor import june, solution

EXERCISE = Exercise.named("05")
ALL = pytest.mark.parametrize("name", [exercise.name for exercise in exercises()])


def judged(text: str) -> Verdict:
    """The verdict on an answer to exercise 05."""
    return judge(EXERCISE, {"dispatcher": text})


def outcomes(verdict: Verdict) -> dict[str, str]:
    """Check name → outcome."""
    return {check.name: check.outcome for check in verdict.checks}


@ALL
def test_what_learners_start_from_can_be_run(name: str) -> None:
    """It compiles; that it scores nothing is a known answer."""
    [untouched] = from_notebook(Exercise.named(name).notebook)
    for text in untouched.values():
        compile(text, name, "exec")


@pytest.mark.process
def test_a_missing_answer_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """No crash, no points, and the cell's name."""
    verdict = judge(EXERCISE, {})
    assert verdict.score == 0
    assert {check.outcome for check in verdict.checks} == {"failed"}
    assert "no answer in its cell dispatcher" in str(verdict.checks[0].feedback)
    assert not caplog.records  # nothing of ours broke


@pytest.mark.process
@pytest.mark.parametrize(
    "text",
    ["def (", "x = '\ud800'", "\x00", "import a_module_that_nobody_has", "1/0"],
    ids=["syntax", "surrogate", "null byte", "missing module", "raises on import"],
)
def test_an_answer_that_does_not_start_says_so(text: str) -> None:
    """With what Python said about it."""
    verdict = judged(text)
    assert verdict.score == 0
    assert "does not start" in str(verdict.checks[0].feedback)
    assert "Error" in str(verdict.checks[0].feedback)


@pytest.mark.process
def test_judging_ends_when_its_time_is_over() -> None:
    """What has not ended by then is said to have timed out."""
    verdict = judge(EXERCISE, {"dispatcher": "while True: pass"}, time_limit_s=4)
    # On a machine that is busy with something else, whose doing it is cannot be told.
    assert {"timed_out", "inconclusive"} & set(outcomes(verdict).values())
    assert verdict.score == 0
    assert "stopped after 4 s" in as_text(verdict)


@pytest.mark.process
def test_checks_are_told_as_they_end() -> None:
    """One call a check, in their order."""
    seen: list[str] = []
    verdict = judge(
        EXERCISE, {"dispatcher": "x ="}, lambda check: seen.append(check.name)
    )
    assert seen == [check.name for check in verdict.checks]


@pytest.mark.process
def test_a_verdict_is_plain_data() -> None:
    """There and back through JSON; digests tell answers apart."""
    verdict = judged("x = 1")
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
    assert json.loads(verdict.model_dump_json())["version"] == 2
    assert verdict.answers_digest != judged("x = 2").answers_digest


@pytest.mark.process
def test_feedback_is_escaped_for_html() -> None:
    """What a replica says may hold markup."""
    html = as_html(judged("raise ValueError('<script>alert(1)</script>')"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.process
def test_code_in_feedback_looks_like_code() -> None:
    """What stands between backticks."""
    check = judged("x = 1").checks[0]
    told = check.model_copy(update={"feedback": Feedback(look="`str(<x>)`, and why.")})
    assert "<code>str(&lt;x&gt;)</code>, and why." in check_as_html(told)


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


def test_a_split_cell_has_three_readings(tmp_path: Path) -> None:
    """Both halves together, the first alone, the last alone."""
    notebook = json.loads(EXERCISE.notebook.read_text())
    cell = next(c for c in notebook["cells"] if c["id"] == "dispatcher")
    notebook["cells"].append({**cell, "id": "copy", "source": "second"})
    cell["source"] = "first"
    path = tmp_path / "split.ipynb"
    path.write_text(json.dumps(notebook))
    texts = [answers["dispatcher"] for answers in from_notebook(path)]
    assert texts == ["first\nsecond", "first", "second"]


@pytest.mark.process
def test_the_best_reading_counts() -> None:
    """Here the second: the first is no Python, and both together neither."""
    readings = [{"dispatcher": text} for text in ("def (", solution())]
    assert judge_best(EXERCISE, readings).passed


@pytest.mark.process
def test_an_overlong_answer_is_not_run() -> None:
    """A cell of that length was not typed."""
    verdict = judged("x = 1\n" * 100_000)
    assert verdict.score == 0
    assert "600,000 characters" in str(verdict.checks[0].feedback)


@pytest.mark.process
def test_the_same_seed_gives_the_same_inputs() -> None:
    """So that an instructor can see what a learner's answer met."""

    def sent(seed: int) -> str:
        verdict = judge(EXERCISE, {"dispatcher": june()}, seed=seed)
        assert verdict.seed == seed
        # What was seen of a process that dies depends on the moment as well.
        return verdict.checks[0].feedback.sent

    assert sent(7) == sent(7) != sent(8)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a\nb\tc"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\ud800", "\\ud800"),
        ("\u202eabc", "\\u202eabc"),
    ],
)
def test_feedback_is_printable(text: str, shown: str) -> None:
    """No escape sequence, half surrogate or turned text reaches a terminal or page."""
    said = Feedback(message=text)
    check = Check(name="x", title="x", points=1, outcome="failed", feedback=said)
    assert str(check.feedback) == shown
    assert Check.model_validate_json(check.model_dump_json()) == check


def test_long_feedback_is_cut() -> None:
    """Learner code may answer with a megabyte."""
    said = Feedback(saw="x" * 1_000_000)
    check = Check(name="x", title="x", points=1, outcome="failed", feedback=said)
    assert len(str(check.feedback)) < 5_000
    assert "1,000,000 characters" in str(check.feedback)
    assert Check.model_validate_json(check.model_dump_json()) == check


def test_the_schema_is_the_one_that_is_published() -> None:
    """verdict.schema.json is made from the class, by `outage build`."""
    path = Path(__file__).parents[3] / "autograder" / "verdict.schema.json"
    assert json.loads(path.read_text()) == Verdict.model_json_schema()
