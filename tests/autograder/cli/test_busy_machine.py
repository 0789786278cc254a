"""What a learner is told when the machine was too busy to tell: no ✗, and no try.

In a copy of the course, in which one check of exercise 01 says that it is.
"""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.judge import Exercise, from_notebook
from tests.autograder.cli.test_grade import outage
from tests.conftest import copy_project

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

EXERCISE = Exercise.named("01")
BUSY = """
import pytest
from course.outage.errors import MachineTooBusy

@pytest.fixture(autouse=True)
def a_busy_machine(request):
    if request.node.name == "test_burn_rate":
        raise MachineTooBusy("an answer", 9.0, 0.1)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A checkout of the project; a learner has the solution of 01 in work/."""
    root = tmp_path_factory.mktemp("busy") / "project"
    copy_project(project, root)
    (root / EXERCISE.checks.relative_to(project) / "conftest.py").write_text(BUSY)
    work = root / "work" / EXERCISE.notebook.relative_to(project)
    work.parent.mkdir(parents=True)
    [solution] = from_notebook(EXERCISE.solution)
    notebook = nbformat.read(EXERCISE.notebook, as_version=4)
    for cell in notebook.cells:
        cell.source = solution.get(cell.id, cell.source)
    nbformat.write(notebook, work)
    return root


def test_where_nothing_failed_the_command_says_that_it_is_the_machine(
    copy: Path,
) -> None:
    """Exit code 3, how busy, what to do; no try is on record."""
    done = outage(copy, "check", "01")
    assert done.returncode == 3, done.stdout + done.stderr
    text = " ".join(done.stdout.replace("│", " ").split())
    assert "? " in text
    assert "Your machine was too busy to tell" in text
    assert "1 of 6 checks say nothing for or against your answer" in text
    assert "Close programs that use the processor" in text
    assert "✗" not in text
    assert "A hint" not in text
    assert not (copy / "work" / "journal.jsonl").exists()
    asked = outage(copy, "hint", "01", "burn_rate")
    assert "Check your answer once" in asked.stdout


def test_what_failed_has_failed_all_the_same(copy: Path) -> None:
    """Exit code 1; the data says which is which."""
    untouched = copy / "exercises" / EXERCISE.name / EXERCISE.notebook.name
    done = outage(copy, "check", "01", "--json", "--notebook", str(untouched))
    assert done.returncode == 1, done.stderr
    outcomes = [check["outcome"] for check in json.loads(done.stdout)["checks"]]
    assert sorted(outcomes) == ["failed"] * 5 + ["inconclusive"]


def test_a_notebook_says_the_same(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As text and as HTML, and offers no hint."""
    monkeypatch.setenv("PYTHONPATH", str(copy))
    [work] = (copy / "work").glob("exercises/*/*.ipynb")
    notebook = nbformat.read(work, as_version=4)
    NotebookClient(
        notebook,
        timeout=240,
        kernel_name="python3",
        resources={"metadata": {"path": str(work.parent)}},
    ).execute()
    shown = [
        output.data
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
        and "too busy to tell" in output.data["text/plain"]
    ]
    assert shown
    for data in shown:
        assert "✗" not in data["text/html"] + data["text/plain"]
        assert "say nothing for or against your answer" in data["text/html"]
        assert '"word">machine too busy to tell<' in data["text/html"]
    told = [o.get("text", "") for c in notebook.cells for o in c.get("outputs", [])]
    assert not any("A hint to burn_rate" in text for text in told)
