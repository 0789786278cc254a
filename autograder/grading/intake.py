"""Intake: submissions as instructors have them, into nbgrader's submitted/ folder.

It understands nbgrader's own tree (STUDENT/ASSIGNMENT/*.ipynb), a folder for each
student (STUDENT/*.ipynb), and a notebook for each student (STUDENT.ipynb,
STUDENT_ASSIGNMENT.ipynb), in a folder or in a zip archive of one. A submission in
submitted/ that differs is moved to set_aside/, never overwritten.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from autograder.files import whole
from autograder.gradebook.errors import IntakeRefused
from autograder.judge import Exercise
from course.outage.tempdirs import own_folder

# Enough for a class of a thousand with pictures in every notebook.
LARGEST_ARCHIVE = 4 << 30
STUDENT = re.compile(r"[\w.@+-]{1,128}")


def take_in(source: Path, exercise: Exercise, submitted: Path, aside: Path) -> int:
    """Copy submissions to `exercise` from `source`; return how many are new or differ.

    Raises IntakeRefused.
    """
    if not source.exists():
        raise IntakeRefused(f"There is no {source}. Name a folder or a zip archive.")
    if source.is_dir():
        if source.resolve() == submitted.resolve():
            return 0
        return _copy_all(source, exercise, submitted, aside)
    with own_folder("outage-intake-") as folder:
        inside = folder / "class"
        _unpack(source, inside)
        return _copy_all(inside, exercise, submitted, aside)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            if sum(info.file_size for info in opened.infolist()) > LARGEST_ARCHIVE:
                raise IntakeRefused(
                    f"{archive} would unpack to more than {LARGEST_ARCHIVE >> 30} GB."
                    " Unpack it by hand, look at what it holds, and grade the folder."
                )
            opened.extractall(folder)  # never outside the folder, whatever the names
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as exc:
        raise IntakeRefused(
            f"{archive} cannot be read as a zip archive ({exc}). Unpack it by hand, and"
            " grade the folder."
        ) from exc


def _copy_all(source: Path, exercise: Exercise, submitted: Path, aside: Path) -> int:
    notebooks = dict(_notebooks(source, exercise))
    if not notebooks:
        raise IntakeRefused(
            f"{source} holds no submission to {exercise.name}. Expected one of"
            f" STUDENT/{exercise.name}/{exercise.notebook.name},"
            f" STUDENT/{exercise.notebook.name}, STUDENT.ipynb."
        )
    return sum(
        _copy(path, submitted / student / exercise.name, exercise, aside)
        for student, path in notebooks.items()
    )


def _notebooks(source: Path, exercise: Exercise) -> Iterator[tuple[str, Path]]:
    """Yield each student and the student's notebook, beside which there may be more."""
    # An archive often holds one folder with everything in it.
    inside = [p for p in sorted(source.iterdir()) if not p.name.startswith((".", "__"))]
    if len(inside) == 1 and inside[0].is_dir() and not _belongs(inside[0], exercise):
        source = inside[0]
        inside = sorted(source.iterdir())
    for path in inside:
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir():
            nested = path / exercise.name / exercise.notebook.name
            notebooks = [p for p in sorted(path.glob("*.ipynb")) if not p.is_symlink()]
            if nested.is_file():
                yield _student(path.name), nested
            elif notebooks:
                same = [p for p in notebooks if p.name == exercise.notebook.name]
                yield _student(path.name), (same or notebooks)[0]
        elif path.suffix == ".ipynb":
            name = path.stem.removesuffix(exercise.name).rstrip("_- ")
            yield _student(name), path


def _belongs(folder: Path, exercise: Exercise) -> bool:
    """Return whether `folder` belongs to one student, and is not a class."""
    parts = folder / exercise.name, folder / exercise.notebook.name
    return any(path.exists() for path in parts)


def _student(name: str) -> str:
    if not STUDENT.fullmatch(name) or name in {".", ".."}:
        raise IntakeRefused(
            f"{name!r} cannot be a student's id: letters, digits and . _ - @ + are"
            " understood. Rename that file or folder, then grade again."
        )
    return name


def _copy(notebook: Path, folder: Path, exercise: Exercise, aside: Path) -> int:
    target = folder / exercise.notebook.name
    new = notebook.read_bytes()
    if target.is_file() and not target.is_symlink() and target.read_bytes() == new:
        return 0
    if folder.exists():
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        aside_folder = aside / folder.parent.name / f"{folder.name} {now}"
        aside_folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, aside_folder)
    folder.mkdir(parents=True)
    with whole(target) as partial:
        partial.write_bytes(new)
    stamp = notebook.with_name("timestamp.txt")
    if notebook.parent.name == exercise.name and stamp.is_file():
        shutil.copyfile(stamp, folder / stamp.name)
    return 1
