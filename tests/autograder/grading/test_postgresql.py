"""A gradebook in PostgreSQL, and two graders who write it at once."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.judge import from_notebook
from tests.autograder.grading.test_class import (
    EXERCISE,
    NAME,
    hand_in,
    started,
)
from tests.conftest import copy_project

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.postgresql]

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
USER = "postgres"


def as_user(*words: str | Path) -> list[str]:
    """A command as the user that PostgreSQL insists on: anyone but root."""
    ahead = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    return [*(ahead if os.geteuid() == 0 else []), *map(str, words)]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database of our own, on a socket in a folder of our own."""
    programs = PROGRAMS[-1] if PROGRAMS else Path(str(shutil.which("initdb"))).parent
    folder = Path(f"/tmp/outage-pg-{os.getpid()}")  # a socket's path has to be short
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    data = folder / "data"
    try:
        subprocess.run(
            as_user(programs / "initdb", "-D", data, "-U", USER, "--auth=trust", "-N"),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        running = subprocess.Popen(
            as_user(
                programs / "postgres",
                "-D",
                data,
                "-k",
                folder,
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
            ),
            cwd=folder,
            stderr=subprocess.DEVNULL,
        )
        try:
            ask = [programs / "pg_isready", "-q", "-h", folder, "-U", USER]
            while subprocess.run(ask, check=False).returncode:
                assert running.poll() is None
                time.sleep(0.05)  # there is no event to wait for in another program
            yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"
        finally:
            running.terminate()
            running.wait(15)
    finally:
        shutil.rmtree(folder)


def course(folder: Path, project: Path, students: range) -> Path:
    """A checkout in which these students have handed in the solution."""
    copy_project(project, folder)
    [solution] = from_notebook(EXERCISE.solution)
    for number in students:
        hand_in(folder, f"student{number}", solution, number)
    return folder


def test_two_graders_write_one_gradebook(
    server: str, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each a half of the class, in a checkout of their own, at the same time."""
    monkeypatch.setenv("OUTAGE_GRADEBOOK", server)
    first = course(tmp_path / "first", project, range(1))
    with started(first) as run:
        _, said = run.communicate()
    assert run.returncode == 0, said
    halves = [
        course(tmp_path / "one", project, range(1, 4)),
        course(tmp_path / "two", project, range(4, 7)),
    ]
    runs = [started(half) for half in halves]
    for run in runs:
        with run:
            _, said = run.communicate()
        assert run.returncode == 0, said
    with Gradebook(server, "outage") as book:
        graded = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
    assert graded == {f"student{number}": 10.0 for number in range(7)}
    assert not (halves[0] / "autograder" / "gradebook.db").exists()
