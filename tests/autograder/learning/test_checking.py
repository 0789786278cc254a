"""`check` in a notebook: which cell it judges, and what it says when there is none."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.judge import Feedback
from autograder.learning.pages import as_html
from autograder.learning.presenting import as_text
from tests.autograder.judge.verdicts import verdict_of
from tests.test_lessons import execute_in

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.process,
]

ANSWER = "def budget_spent(minutes, objective, days):\n    return 1\n"
CHECK = 'from autograder.learning.checking import check\ncheck("01", budget_spent)'
HINT = 'from autograder.learning.checking import hint\nhint("01", budget_spent)'


def told(folder: Path, *sources: str) -> str:
    """All that a notebook with these cells says, errors included."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    execute_in(folder, notebook, allow_errors=True)
    outputs = [o for cell in notebook.cells for o in cell.outputs]
    texts = [
        o.get("text")
        or o.get("data", {}).get("text/plain")
        or "\n".join(o.get("traceback", []))
        for o in outputs
    ]
    assert nbformat.validate(notebook) is None
    return "\n".join(texts)


def test_without_widgets_a_hint_is_asked_for_by_a_call(tmp_path: Path) -> None:
    """The offer stands in the plain text; the first hint comes after the first try."""
    text = told(tmp_path, ANSWER, CHECK, HINT, HINT)
    assert 'A hint to budget_spent: run hint("01", budget_spent)' in text
    assert "Hint 1: " in text
    assert "One hint a try" in text


def test_a_syntax_error_is_not_passed_over_for_the_version_before(
    tmp_path: Path,
) -> None:
    """What would be judged is not what the learner sees: say so, judge nothing."""
    broken = ANSWER.replace("return 1", "return (1")
    text = told(tmp_path, ANSWER, broken, CHECK)
    assert "SyntaxError" in text
    assert "NotTheLastOne: The cell with your latest 'budget_spent'" in text
    assert "points" not in text


def test_a_cell_that_was_mended_is_judged(tmp_path: Path) -> None:
    """After the error, the same cell again."""
    broken = ANSWER.replace("return 1", "return (1")
    assert "points" in told(tmp_path, broken, ANSWER, CHECK)


def test_errors_of_the_course_come_without_its_frames(tmp_path: Path) -> None:
    """A sentence, and nothing to scroll past."""
    source = 'from course.outage import Release\nRelease.named("worse")'
    text = told(tmp_path, source)
    assert text.startswith("ReleaseNotFound: There is no release 'worse'.")
    assert "Traceback" not in text


def test_feedback_is_told_once() -> None:
    """A service that serves nobody fails every check, each for the same reason."""
    verdict = verdict_of("failed", "passed", "failed", "failed")
    reasons = ["it serves nobody", "", "it serves nobody", "another"]
    checks = [
        check.model_copy(update={"feedback": Feedback(saw=reason)})
        for check, reason in zip(verdict.checks, reasons, strict=True)
    ]
    told = verdict.model_copy(update={"checks": checks})
    for text in (as_text(told), as_html(told)):
        assert text.count("it serves nobody") == 1
        assert text.count("The same as “Title 0”, above.") == 1
        assert text.count("another") == 1
