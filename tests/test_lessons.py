"""Every lesson and every solved exercise runs from top to bottom, in a kernel."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PROJECT = Path(__file__).parents[1]
LESSONS = sorted((PROJECT / "course" / "notebooks").glob("*.ipynb"))
SOLVED = sorted((PROJECT / "autograder" / "source").glob("*/*.ipynb"))


def execute(path: Path, folder: Path) -> list[str]:
    """Run a copy of the notebook at `path`; the text that its cells have printed."""
    folder.mkdir(exist_ok=True)
    copy = Path(shutil.copy(path, folder))
    notebook = nbformat.read(copy, as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    ).execute()  # fmt: skip
    return [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


# What the runs of a lesson must have observed for its text to be true.
OBSERVED = {
    "00_start": ["01 · The page (lesson 01: next, exercise 01: to do)", "Next: lesson"],
    "01_page": [
        "Observed: b) Nothing",
        "Observed: d) Less than one in ten",
        "exit code 1",
        "Observed: b) Well-formed requests succeed again",
        "spent by 90 minutes of total outage: 208%",
    ],
    "02_crash": [
        "Observed: b) CancelledError, or the news",
        "origin: resolve",
        "Observed: b) The client gets a 500, the process lives",
        "Observed: a) 200.",
        "Observed: c) The request hangs, nothing is logged. Errors in the log: 0.",
        "never ready; exit code 1",
    ],
    "03_hypothesis": [
        "Observed: b) about as long: less than five times",
        "Observed: b) under 3: hardly to be seen",
        "in resolve",
        "spent: 13 minutes",
    ],
    "04_line": [
        "Observed: a) under 1%",
        "Observed: b) the request line and Host, without any X-Route header",
        "pinned: KeyError",
        '{"region":""}                    True',
        "no such backend <- for a region that exists",
        "Observed: b) good: 500, June's: 500",
        "good  passes",
        "bad   fails",
    ],
    "05_bleeding": [
        "Observed: a) 5 seconds",
        "deaths since the deployment of hotfix 1",
        "of valid requests succeed",
        "Observed: c) does not fire at all",
        "deaf       told to stop: had to be killed",
        "hotfix 2   told to stop: exit code 0",
        "2 new processes",
    ],
    "06_boundary": [
        "Observed: c) the 500",
        "ServerErrorMiddleware",
        "'site-packages': True",
        "Observed: b) 500",
        "ValueError: Out of range float values",
        "503 Service Unavailable",
        "retry-after: 2",
    ],
    "07_async": [
        "Observed: c) no request is ever answered again, and the health check says 200",
        "/healthz: 200; /readyz: 200; warnings and errors in the log: 0; deaths: 0",
        "exception, if one asks: KeyError('region')",
        "stock: cancelled after 0.",
        "TimeoutError after 0.",
        "an executor told nobody: KeyError('region')",
        "InvalidStateError",
        "Observed: b) about 1 s, and without a TimeoutError",
        "directory_sessions_open 1.0 with no request under way",
    ],
    "08_cascade": [
        "Observed: c) not at all in these 18 seconds",
        "seen: ",
        "at most 100 in 0.1 s",
        "Observed: b) is back a few seconds after the processes are",
        "The same malformed request, three times. Successful requests in each second",
        "served in the last five seconds: ",
        "with a quarantine: processes that died: 1;",
        "the malformed request got ['reset', 422]",
    ],
    "09_signals": [
        "request.failed.details",
        "Observed: c) more than ten times as long",
        "client     ········································",
        "routing    {'RoutingFailed'}",
        "spike      no fault of ours that is an exception",
    ],
    "10_tests": [
        "tested: []",
        "Observed: a) none. 0 of 5.",
        "- ST101 Server error",
        "Observed: b) no: every request passes",
        "NaN: 500 Internal Server Error",
        "text='²'",
        "AssertionError: no such shard",
        "served by shard 99",
    ],
    "11_review": [
        "bad: nothing",
        "edge: nothing",
        "Observed: b) one",
        "found: [] and should be: [4]",
    ],
    "12_canary": [
        "Observed: c) far less than a tenth",
        ": roll back",
        "Observed: b) 10% to 60%",
        "look 10: control",
        "would have come at second 22",
        "one in  100   missed after   50:  60.5%",
    ],
    "13_game_day": [
        "Observed: c) no process dies, health checks say 200, and no session is taken",
        "Observed: b) some of them, for a few seconds",
        "shard in words       valid: 200 OK, malformed: 400 Bad Request, valid: no",
        "valid requests served: 100%",
        "users are served again   T+0",
    ],
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_observes_what_it_teaches(path: Path, tmp_path: Path) -> None:
    """Twice in a row, with nothing left from the first run."""
    for run in ("first", "second"):
        text = "\n".join(execute(path, tmp_path / run))
        for observation in OBSERVED[path.stem]:
            assert observation in text


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_a_solved_exercise_runs_and_passes(path: Path, tmp_path: Path) -> None:
    """All of its cells, those to try things by hand as well."""
    text = "\n".join(execute(path, tmp_path / "only"))
    assert "All checks pass: 10 of 10 points." in text
