"""Every lesson and every solved exercise runs from top to bottom, in a kernel."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from course.learner import curriculum, modules

PROJECT = Path(__file__).parents[1]
LESSONS = sorted((PROJECT / "course" / "notebooks").glob("*.ipynb"))
SOLVED = sorted((PROJECT / "autograder" / "source").glob("*/*.ipynb"))

# A cell ends only by its own limits, all of which count time in which it could run.
CELL_S = 900


def execute_in(
    folder: Path, notebook: nbformat.NotebookNode, **options: object
) -> None:
    """Run a notebook in `folder`, in a kernel of its own; `options` are the client's.

    Kernels listen on sockets in the file system. Ports are drawn some time before a
    kernel listens on them: another worker's kernel or fleet may have taken one by then.
    The sockets' names are whole paths: a kernel runs in a folder of its own.
    """
    with tempfile.TemporaryDirectory() as sockets:
        kernels = {"transport": "ipc", "ip": f"{sockets}/kernel"}
        NotebookClient(
            notebook,
            timeout=CELL_S,
            iopub_timeout=CELL_S,  # or output that comes late is lost
            kernel_name="python3",
            config=Config(ConnectionFileMixin=kernels),
            resources={"metadata": {"path": str(folder)}},
            **options,
        ).execute()


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Run a copy of the notebook at `path`, on past exceptions, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = Path(shutil.copy(path, folder))
    notebook = nbformat.read(copy, as_version=4)
    execute_in(folder, notebook, allow_errors=True)
    return notebook


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what each output of a notebook says."""
    return [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


def raised(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """Return the name of each exception that a cell has shown, and what was shown."""
    return [
        (output.ename, "\n".join(output.traceback))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]


def execute(path: Path, folder: Path) -> list[str]:
    """Run a copy of the notebook at `path`; the text that its cells have printed."""
    notebook = executed(path, folder)
    assert not raised(notebook)
    return texts(notebook)


# What the cells of a lesson must have said for its text to be true, however fast the
# machine is. What its predictions are to observe stands in its module's questions.toml.
OBSERVED = {module.name: module.observed for module in modules()} | {
    "00_start": ("01 · The page (lesson 01: next, exercise 01: to do)", "Next: lesson")
}

# Run twice, since they are short, and processes die in them that nobody has told to:
# what is left of a run would meet the one that follows.
TWICE = {"04_line", "07_async"}

# Runs in a browser, where it is read in the same way (tests/browser/test_learning.py).
IN_THE_BROWSER = "01_page"

# What a reveal says when its runs do not tell.
UNTOLD = (
    "This machine was too busy to tell:",
    "This run does not tell.",
    "Nothing was ",
)
# What a cell may raise on a busy machine, in one paragraph and without a traceback.
TOO_BUSY = {"MachineTooBusy", "RunIncomplete"}


def reveals(said: list[str]) -> Iterator[str]:
    """Yield what each reveal of a lesson has said."""
    yield from (text for text in said if text.startswith(("Observed: ", *UNTOLD)))


def expected(name: str) -> list[str]:
    """Return what the predictions of a lesson say when they see what they expect."""
    known = curriculum.questions(name).get("predictions", {})
    return [
        f"Observed: {p['answer']}) {p['options']['abcdefgh'.index(p['answer'])]}"
        for p in known.values()
    ]


def surprises(path: Path, notebook: nbformat.NotebookNode) -> list[str]:
    """Return what predictions have observed, and not what their lesson expects."""
    known = expected(path.stem)
    return [
        text
        for text in reveals(texts(notebook))
        if text.startswith("Observed: ") and not text.startswith(tuple(known))
    ]


def assert_true(path: Path, folder: Path) -> None:
    """Run a lesson; fail if it says what is not so, or is silent without a reason.

    Its runs are real: naive clients recover from an outage once in a while. What was
    chance does not happen twice in a row.
    """
    notebook = executed(path, folder / "first")
    if surprises(path, notebook):
        notebook = executed(path, folder / "again")
    assert_says_what_is_so(path, notebook)


def assert_says_what_is_so(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Fail if the lesson at `path`, which has run to its end, says what is not so."""
    assert not surprises(path, notebook)
    said, wrong = texts(notebook), raised(notebook)
    told = list(reveals(said))
    # Every prediction has been settled, as it should be or not at all.
    settled = [text for text in told if text.startswith("Observed: ")]
    known = expected(path.stem)
    for name in known:
        assert sum(text.startswith(name) for text in settled) <= known.count(name)
    source = "\n".join(cell.source for cell in notebook.cells)
    assert len(told) == len(re.findall(r"\.reveal(?:_from)?\(", source)), told
    for text in told:
        assert not re.search(r"\b(inf|nan|None)\b", text)
    assert not re.search(r"\b(inf|nan)\b", "\n".join(said))
    if not {name for name, _ in wrong} & TOO_BUSY:
        assert not wrong
        for observation in OBSERVED[path.stem]:
            assert observation in "\n".join(said)
    for name, shown in wrong:
        # A name that a cell before would have defined has its advice in the kernels
        # that `outage learn` starts.
        assert name in TOO_BUSY | {"NameError"}
        assert name == "NameError" or "Traceback" not in shown


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "path",
    [path for path in LESSONS if path.stem != IN_THE_BROWSER],
    ids=lambda path: path.stem,
)
def test_a_lesson_runs_and_observes_what_it_teaches(path: Path, tmp_path: Path) -> None:
    """Two of them twice in a row, with nothing left from before."""
    for run in ("first", "second") if path.stem in TWICE else ("only",):
        assert_true(path, tmp_path / run)


LOOP = "import time\nend = time.monotonic() + 600\nwhile time.monotonic() < end: pass"


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Four busy loops a core, each in a session of its own: Linux shares by session."""
    loops = [
        subprocess.Popen([sys.executable, "-c", LOOP], start_new_session=True)
        for _ in range(4 * (os.cpu_count() or 1))
    ]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


@pytest.mark.load
@pytest.mark.usefixtures("busy_machine")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_lesson_beside_busy_loops_says_nothing_false(tmp_path: Path) -> None:
    """It may say that it cannot tell."""
    [path] = [path for path in LESSONS if path.stem == "05_stop_the_bleeding"]
    assert_true(path, tmp_path / "busy")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_a_solved_exercise_runs_and_passes(path: Path, tmp_path: Path) -> None:
    """All of its cells, those to try things by hand as well."""
    text = "\n".join(execute(path, tmp_path / "only"))
    if "too busy to tell" in text:
        pytest.skip("this machine was too busy to tell")
    assert "All checks pass: 10 of 10 points." in text
