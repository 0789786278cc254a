"""`outage new`: a module that is whole from the start, or a reason and no file."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from autograder.cli.errors import WrongUsage
from autograder.cli.new import new
from tests.conftest import copy_project

NAME = "99_when_to_come_back"
# What the author of a module writes; the rest is made of it by `outage build`.
LAID = (f"course/modules/{NAME}", f"course/lessons/{NAME}.py", f"solutions/{NAME}")


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        ("5_x", None, "two digits, then words"),
        ("14", None, "two digits, then words"),
        ("14_Backpressure", None, "two digits, then words"),
        ("../14_x", None, "two digits, then words"),
        ("05_other", None, "05 is taken, by course/modules/05_stop_the_bleeding."),
        ("14_x", 'A "title"', "without quotation marks"),
        ("14_x", "", "a title is one line"),
    ],
)
def test_what_cannot_be_a_module_is_refused(
    name: str,
    title: str | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the reason and exit code 2, and nothing is written."""
    monkeypatch.setattr("autograder.cli.new.PROJECT", tmp_path)
    (tmp_path / "course/modules/05_stop_the_bleeding").mkdir(parents=True)
    with pytest.raises(WrongUsage, match=re.escape(said)):
        new(name, title)
    assert contents(tmp_path) == {}


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder`, but for what Python keeps there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def python(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy of the project, on its packages."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )


def outage(copy: Path, *words: str, code: int = 0) -> str:
    """Return what a command prints; it must end with `code`."""
    done = python(copy, "-m", "autograder.cli", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_new_module_is_built_judged_calibrated_and_removed(
    project: Path, tmp_path: Path
) -> None:
    """As it was laid, without a word written by hand, and without a trace."""
    copy = tmp_path / "project"
    copy_project(project, copy)
    before = contents(copy)
    outage(copy, "new", NAME)
    outage(copy, "build", "--check", code=1)
    outage(copy, "build")
    outage(copy, "build", "--check")

    notebook = f"{NAME}/{NAME}.ipynb"
    for folder, code, score in (("exercises", 1, 0), ("autograder/source", 0, 10)):
        path = f"{folder}/{notebook}"
        said = outage(copy, "check", "99", "--notebook", path, "--json", code=code)
        checks = json.loads(said)["checks"]
        assert score == sum(c["points"] for c in checks if c["outcome"] == "passed")
    [told] = json.loads(outage(copy, "calibrate", "99", "--json"))
    assert told["right"] >= 7
    assert told["wrong"] >= 14

    holes = "from autograder.authoring.matrix import holes; print(holes())"
    assert python(copy, "-c", holes).stdout == "[]\n"
    lesson = python(copy, f"course/lessons/{NAME}.py")
    assert "Observed: b) TypeError" in lesson.stdout, lesson.stderr
    module = tomllib.loads((copy / LAID[0] / "module.toml").read_text())
    assert all(words in lesson.stdout for words in module["observed"])

    for path in LAID:
        laid = copy / path
        shutil.rmtree(laid) if laid.is_dir() else laid.unlink()
    outage(copy, "build")
    shutil.rmtree(copy / "work", ignore_errors=True)  # the lesson was learned
    assert contents(copy) == before
