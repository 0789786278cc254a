"""`outage grade` and `outage calibrate`, as an instructor types them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.cli.grade import accept, show
from autograder.cli.shared import err
from autograder.grading.run import Change, Graded
from autograder.judge import Exercise, from_notebook
from tests.conftest import copy_project
from tests.instructor import NAME, june, solution

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A checkout of the project, with two submissions."""
    root = tmp_path_factory.mktemp("grading") / "project"
    copy_project(project, root)
    released = json.loads((root / "exercises" / NAME / f"{NAME}.ipynb").read_text())
    for student, text in (("alyssa", solution()), ("ben", june())):
        folder = root / "autograder" / "submitted" / student / NAME
        folder.mkdir(parents=True)
        for cell in released["cells"]:
            if cell["id"] == "dispatcher":
                cell["source"] = text
            if cell["id"] == "check_hotfix" and student == "ben":
                cell["source"] = "10.0"
        (folder / f"{NAME}.ipynb").write_text(json.dumps(released))
    return root


def outage(
    root: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run one command in the checkout `root`."""
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_class_is_graded_with_one_command(copy: Path) -> None:
    """From nothing but submissions to scores, and a note on what was odd."""
    done = outage(copy, "grade", "05", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["student"]: row for row in json.loads(done.stdout)}
    assert (rows["alyssa"]["score"], rows["ben"]["score"]) == (10.0, 0.0)
    assert rows["alyssa"]["notes"] == []
    assert "check_hotfix was changed" in rows["ben"]["notes"][0]
    again = outage(copy, "grade", "05")
    assert again.returncode == 0
    assert "alyssa" in again.stdout


@pytest.mark.slow
@pytest.mark.sandbox
def test_each_of_several_answers_counts(copy: Path) -> None:
    """One that was deleted, or is no Python, leaves the points of the others."""
    exercise = Exercise.named("01")
    [answers] = from_notebook(exercise.solution)
    notebook = json.loads(exercise.notebook.read_text())
    cells = [cell for cell in notebook["cells"] if cell["id"] != "impact"]
    for cell in cells:
        cell["source"] = answers.get(cell["id"], cell["source"])
        if cell["id"] == "budget":
            cell["source"] = "def budget_spent("
    folder = copy / "autograder" / "submitted" / "cy" / exercise.name
    folder.mkdir(parents=True)
    text = json.dumps(notebook | {"cells": cells})
    (folder / f"{exercise.name}.ipynb").write_text(text)
    done = outage(copy, "grade", "01", "--json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert row["score"] == 5.0


def test_without_a_sandbox_it_says_what_to_do(copy: Path, tmp_path: Path) -> None:
    """And ends with 3, before anything is run."""
    for words in (["grade", "05"], ["calibrate"], ["check", "05", "--as-grading"]):
        done = outage(copy, *words, PATH=str(tmp_path))
        assert done.returncode == 3, done.stdout + done.stderr
        assert "apt-get install bubblewrap" in " ".join(done.stderr.split())
    assert "--no-sandbox" in outage(copy, "grade", "05", PATH=str(tmp_path)).stderr


@pytest.mark.sandbox
def test_wrong_usage_is_named(copy: Path) -> None:
    """An exercise that does not exist, a class that has handed in nothing."""
    for words in (["grade", "99"], ["calibrate", "99"]):
        done = outage(copy, *words)
        assert done.returncode == 2
        assert "05_stop_the_bleeding" in " ".join(done.stderr.split())
    submitted = copy / "autograder" / "submitted"
    submitted.rename(submitted.with_name("elsewhere"))
    try:
        done = outage(copy, "grade", "05")
    finally:
        submitted.with_name("elsewhere").rename(submitted)
    assert done.returncode == 2
    assert "nothing to grade" in done.stderr


@pytest.mark.sandbox
def test_a_verdict_as_in_grading_can_be_had_by_hand(copy: Path) -> None:
    """With the seed of an earlier one."""
    notebook = f"autograder/submitted/alyssa/{NAME}/{NAME}.ipynb"
    done = outage(
        copy,
        "check",
        "05",
        "--as-grading",
        "--seed",
        "7",
        "--json",
        "--notebook",
        notebook,
    )
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["seed"] == 7
    assert verdict["confined"] == "sandbox"
    assert verdict["held_back"]


def test_doctor_says_how_to_get_a_sandbox(copy: Path, tmp_path: Path) -> None:
    """Learners need none, so the course still works."""
    done = outage(copy, "doctor", "--json", PATH=str(tmp_path))
    assert done.returncode == 0, done.stdout
    found = {f["what"]: f for f in json.loads(done.stdout)}["sandbox for grading"]
    assert found["state"] == "limited"
    assert "apt-get install bubblewrap" in found["remedy"]


def test_what_learners_wrote_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """A note with brackets, or with the name of an emoji, is shown as it is."""
    notes = ["The cell [/nope] is not ours.", "[bold]:bomb:[/bold]", "[link=x]y"]
    row = Graded("eve", 0.0, 10.0, 0.0, notes, ["“[/x]” broke"])
    show(Exercise.named(NAME), [row, Graded("[/eve]", why="[/why]")])
    err.print("[/nope] :bomb:")
    assert accept([Change("[/eve]", 1, 2, ["[/title]: 0 → 1"])], yes=True)
    shown = capsys.readouterr()
    for words in (*notes, "“[/x]” broke", "[/eve]", "[/why]"):
        assert words in shown.out
    assert "[/nope] :bomb:" in shown.err
    assert "[/title]: 0 → 1" in shown.err
