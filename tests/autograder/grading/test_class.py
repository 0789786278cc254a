"""A class is graded to its end, whatever happens on the way."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from nbgrader.api import Gradebook

from autograder.judge import Exercise, from_notebook
from course.outage.tempdirs import sweep
from tests.conftest import copy_project

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

EXERCISE = Exercise.named("06")  # its verdicts take the least time
NAME = EXERCISE.name
SIZE = 8
NEVER_S = 300  # what has not come by then does not come, on the busiest of machines


@pytest.fixture
def course(tmp_path: Path, project: Path) -> Path:
    """A checkout of the project in which a class of eight has handed in: six right."""
    root = tmp_path / "course"
    copy_project(project, root)
    [solution] = from_notebook(EXERCISE.solution)
    for number in range(SIZE):
        right = number < SIZE - 2
        hand_in(root, f"student{number}", solution if right else {}, number)
    return root


def hand_in(root: Path, student: str, answers: dict[str, str], number: int) -> None:
    """Lay one submission; the comment makes it unlike all others."""
    notebook = json.loads(EXERCISE.notebook.read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            text = answers.get(cell["id"], "".join(cell["source"]))
            cell["source"] = f"{text}\n# {number}\n"
    folder = root / "autograder" / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook))


def started(root: Path, *words: str) -> subprocess.Popen[str]:
    """`outage grade 06 …`, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", "grade", "06", "--json", *words],
        cwd=root,
        env=environment(root),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def environment(root: Path) -> dict[str, str]:
    """For commands that run the code in `root`."""
    return {**os.environ, "PYTHONPATH": str(root)}


def graded(root: Path, *words: str) -> dict[str, dict[str, Any]]:
    """Run it to its end, which must be a good one; the table, by student."""
    with started(root, *words) as run:
        printed, said = run.communicate()
    assert run.returncode == 0, said
    return {row["student"]: row for row in json.loads(printed)}


def scores(rows: dict[str, dict[str, Any]]) -> list[float]:
    """In the order of the class."""
    return [rows[f"student{number}"]["score"] for number in range(SIZE)]


def kept_verdicts(root: Path) -> dict[str, int]:
    """When each verdict was written, in ns, by its key."""
    folder = root / "autograder" / "verdicts" / NAME
    return {path.stem: path.stat().st_mtime_ns for path in folder.glob("*.json")}


def wait_until(condition: Callable[[], object]) -> None:
    """Look until it holds: there is no event to wait for in other programs."""
    deadline = time.monotonic() + NEVER_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def book_of(root: Path) -> Iterator[Gradebook]:
    """The gradebook of a course."""
    with Gradebook(f"sqlite:///{root / 'autograder' / 'gradebook.db'}", "outage") as it:
        yield it


def test_a_killed_run_goes_on_where_it_was(course: Path) -> None:
    """No process is left, no verdict is made twice, no grade is lost or doubled."""
    with started(course) as run:
        wait_until(lambda: len(kept_verdicts(course)) >= 2)
        below = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGKILL)
        run.communicate()
    _, left = psutil.wait_procs(below, timeout=NEVER_S)
    assert not left
    before = kept_verdicts(course)
    rows = graded(course)
    assert scores(rows) == [10.0] * (SIZE - 2) + [rows["student6"]["score"]] * 2
    after = kept_verdicts(course)
    assert len(after) == SIZE
    assert {key: after[key] for key in before} == before
    with book_of(course) as book:
        submissions = book.assignment_submissions(NAME)
        assert sorted(s.student.id for s in submissions) == sorted(rows)
        assert not any(s.needs_manual_grade for s in submissions)
        assert sum(s.score for s in submissions) == sum(scores(rows))
    wait_until(nothing_left)


def nothing_left() -> bool:
    """Whether what killed processes have left is gone once the next ones sweep."""
    sweep("outage-judge-")
    names = os.listdir(tempfile.gettempdir())
    return not [name for name in names if name.startswith("outage-judge-")]


def test_an_interrupted_run_ends_at_once(course: Path) -> None:
    """With Ctrl-C; what was judged by then is kept."""
    with started(course) as run:
        wait_until(lambda: kept_verdicts(course))
        below = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=NEVER_S)
    assert run.returncode == 130
    assert not psutil.wait_procs(below, timeout=NEVER_S)[1]
    assert kept_verdicts(course)


def test_a_class_scores_as_with_nbgrader_itself(course: Path) -> None:
    """`nbgrader autograde`, in a checkout that knows no verdict."""
    ours = graded(course)
    shutil.rmtree(course / "autograder" / "verdicts")
    shutil.rmtree(course / "autograder" / "autograded")
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", NAME],
        check=True,
        cwd=course / "autograder",
        env=environment(course),
        capture_output=True,
    )
    with book_of(course) as book:
        theirs = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
    assert theirs == {student: row["score"] for student, row in ours.items()}


def test_a_changed_check_shows_whose_score_changes_before_it_is_written(
    course: Path,
) -> None:
    """And keeps what people have written into the gradebook."""
    before = graded(course)
    with book_of(course) as book:
        notebook = book.find_submission_notebook(NAME, NAME, "student0")
        notebook.comments[0].manual_comment = "Well done."
        notebook.grades[0].extra_credit = 0.5
        book.db.commit()
    checks = course / "course/modules" / NAME / "checks/test_boundary.py"
    text = checks.read_text()
    head, mark, rest = text.partition("@check(")
    name = rest[rest.index("def test_") :].partition("\n")[0]
    never = "raise Unmet(sent='a', saw='b', expected='c', look='d')"
    broken = rest.replace(name, f"{name}\n    {never}", 1)
    checks.write_text(head + mark + broken)
    with started(course, "--regrade") as run:
        _, said = run.communicate()
    assert run.returncode == 1, said
    assert "student0" in said
    assert "→" in said
    assert scores(graded_now(course)) == pytest.approx(
        [10.5, *scores(before)[1:]], abs=0.01
    )
    with started(course) as run:  # without a word about it, nothing changes either
        _, said = run.communicate()
    assert run.returncode == 0, said
    assert "would change" in said
    assert scores(graded_now(course))[1:] == scores(before)[1:]
    after = graded(course, "--regrade", "--yes")
    assert scores(after)[1] < scores(before)[1]
    with book_of(course) as book:
        notebook = book.find_submission_notebook(NAME, NAME, "student0")
        assert notebook.comments[0].manual_comment == "Well done."
        assert notebook.grades[0].extra_credit == 0.5


def graded_now(root: Path) -> dict[str, dict[str, Any]]:
    """What the gradebook holds."""
    with book_of(root) as book:
        return {
            s.student.id: {"score": s.score} for s in book.assignment_submissions(NAME)
        }


def test_one_run_at_a_time_writes_a_gradebook(course: Path) -> None:
    """The second says so, with exit code 3."""
    with open(course / "autograder" / ".grading.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with started(course) as run:
            _, said = run.communicate()
    assert run.returncode == 3
    assert "Another grading run" in said


@pytest.fixture
def cluster(
    tmp_path: Path, project: Path
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a Dask scheduler, and its two workers.

    They have the package and nothing else: no exercises, no solutions, no gradebook.
    """
    package = tmp_path / "package"
    for part in ("course", "autograder"):
        ignore = shutil.ignore_patterns("__pycache__", "source", "known_answers")
        shutil.copytree(project / part, package / part, ignore=ignore)
    contact = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def start(program: str, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                f"distributed.cli.dask_{program}",
                *words,
                "--scheduler-file",
                str(contact),
                "--host",
                "127.0.0.1",
            ],
            cwd=tmp_path,
            env=environment(package),
            **quiet,
        )

    scheduler = start("scheduler", "--port", "0", "--no-dashboard")
    workers: list[subprocess.Popen[bytes]] = []
    try:
        wait_until(contact.exists)
        options = ("--no-nanny", "--nthreads", "2", "--no-dashboard")
        workers = [start("worker", *options) for _ in range(2)]
        yield json.loads(contact.read_text())["address"], workers
    finally:
        for process in (*workers, scheduler):
            process.terminate()
            process.wait(15)


def test_a_worker_that_is_killed_costs_no_grade(
    course: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """On a cluster of a scheduler and two workers, one killed on the way."""
    address, workers = cluster
    with started(course, "--scheduler", address) as run:
        wait_until(lambda: kept_verdicts(course))
        workers[0].kill()
        printed, said = run.communicate()
    assert run.returncode == 0, said
    rows = {row["student"]: row for row in json.loads(printed)}
    assert scores(rows)[:-2] == [10.0] * (SIZE - 2)


def test_no_scheduler_says_how_to_start_one(course: Path) -> None:
    """With exit code 3, and nothing graded."""
    with started(course, "--scheduler", "tcp://127.0.0.1:9") as run:
        _, said = run.communicate()
    assert run.returncode == 3
    assert "dask scheduler" in " ".join(said.split())
