"""The learners' package: whole, and with nothing in it that gives an exercise away."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.authoring.known import cases
from autograder.judge import Exercise, from_notebook
from autograder.judge.exercise import exercises

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """The unpacked archive."""
    folder = tmp_path_factory.mktemp("package")
    archive = folder / "course.zip"
    outage(project, "package", "--to", str(archive))
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
        for entry in opened.infolist():  # which extractall leaves out, and unzip not
            (folder / entry.filename).chmod(entry.external_attr >> 16)
    return folder / "outage-course"


def outage(root: Path, *words: str) -> str:
    """What a command of the course in `root` prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", *words],
        cwd=root,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def squeezed(text: str) -> str:
    """`text` without its layout, so that no indentation hides it."""
    return "".join(text.split())


@pytest.fixture(scope="module")
def everything(package: Path) -> str:
    """All text in it; notebooks as the text of their cells."""
    texts = []
    for path in sorted(package.rglob("*")):
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text())["cells"]
            texts += ["".join(cell["source"]) for cell in cells]
        elif path.is_file():
            texts.append(path.read_bytes().decode("utf-8", "replace"))
    return squeezed("\n".join(texts))


@pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.name)
def test_it_holds_no_solution(exercise: Exercise, everything: str) -> None:
    """Of no answer to any exercise."""
    [answers] = from_notebook(exercise.solution)
    for grade_id, text in answers.items():
        assert squeezed(text) not in everything, grade_id


@pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.name)
def test_it_holds_no_known_answer(
    exercise: Exercise, everything: str, project: Path
) -> None:
    """Neither a right one nor a wrong one; what learners start from is known."""
    [start] = from_notebook(exercise.notebook)
    given = {squeezed(answer) for answer in start.values()}
    for case in cases(exercise):
        for answer in case.answers.values():
            code = squeezed(answer)
            assert code in given or code not in everything, case.name
        assert not case.why or squeezed(case.why) not in everything, case.name


def test_it_holds_no_held_back_check(everything: str, project: Path) -> None:
    """Not even the name of one."""
    for path in sorted(
        (project / "course/modules").glob("*/instructors/held_back/*.py")
    ):
        assert path.stem not in everything
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert f"def{node.name}(" not in everything, node.name


def test_it_works_by_its_own_readme(package: Path) -> None:
    """Each command that it names is there; an untouched exercise is judged."""
    readme = (package / "README.md").read_text()
    assert os.access(package / "outage", os.X_OK)
    helped = outage(package, "--help")
    for line in readme.splitlines():
        if line.startswith("| `./outage "):
            command = line.split("`")[1].split()[1]
            assert f" {command} " in helped
    outage(package, "progress")
    outage(package, "doctor")
    name = "05_stop_the_bleeding"
    verdict = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "check", "05", "--json"],
        cwd=package,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert verdict.returncode == 1, verdict.stderr
    assert json.loads(verdict.stdout)["exercise"] == name


def test_the_same_files_make_the_same_archive(project: Path, tmp_path: Path) -> None:
    """Byte by byte."""
    for name in ("one.zip", "two.zip"):
        outage(project, "package", "--to", str(tmp_path / name))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_wheel_judges_and_answers_nothing(tmp_path: Path, project: Path) -> None:
    """A worker has the checks, and neither solutions nor known answers."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
    subprocess.run([*build, str(tmp_path)], cwd=project, check=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for exercise in exercises():
        for folder in (exercise.checks, exercise.held_back):
            assert any(folder.match(f"*/{Path(name).parent}") for name in names)
    given_away = ("/known_answers/", "autograder/source/", "/matrix.md", "/template/")
    assert not [name for name in names if any(part in name for part in given_away)]
