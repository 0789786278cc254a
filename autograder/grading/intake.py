"""Intake: submissions as instructors have them, into nbgrader's submitted/ folder.

It understands nbgrader's own tree (STUDENT/ASSIGNMENT/*.ipynb), a folder for each
student (STUDENT/*.ipynb), and a notebook for each student (STUDENT.ipynb,
STUDENT_ASSIGNMENT.ipynb), in a folder or in a zip archive of one. A submission in
submitted/ that differs is moved to set_aside/, never overwritten. No link is followed,
and nothing of an archive is unpacked: what a student's file holds is read, and written.
"""

import shutil
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

from autograder.files import NotOwn, own_bytes, paths_in, too_large, whole
from autograder.gradebook.errors import IntakeRefused
from autograder.gradebook.submissions import (
    LARGEST_NOTEBOOK,
    LONGEST_SHOWN_NAME,
    LONGEST_TIME,
    TIMESTAMP,
    add_notes,
    dated,
    notes_on,
    put_notes_aside,
    why_no_id,
)
from autograder.judge import Exercise
from autograder.printable import one_line

# Enough for a class of a thousand with pictures in every notebook.
LARGEST_ARCHIVE = 4 << 30
# What zipfile reads at once: its list of the files, 50 bytes or more for each, which
# takes ten times as much memory.
LONGEST_LIST = 8 << 20
DEEPEST = 4  # CLASS/STUDENT/ASSIGNMENT/NOTEBOOK

Tell = Callable[[str], None]


@dataclass(frozen=True)
class File:
    """A file or a link in the folder or archive of a class.

    `read` takes the most bytes that it may return, and raises NotOwn.
    """

    read: Callable[[int], bytes]
    is_link: bool


Files = dict[PurePath, File]


def take_in(
    source: Path,
    exercise: Exercise,
    submitted: Path,
    aside: Path,
    tell: Tell = lambda sentence: None,
) -> int:
    """Copy submissions to `exercise` from `source`; return how many are new or differ.

    `tell` is called with a sentence on each that is not taken in because it is not
    clear whose it is. Raises IntakeRefused.
    """
    if not source.exists():
        raise IntakeRefused(f"There is no {source}. Name a folder or a zip archive.")
    if source.is_dir() and source.resolve() == submitted.resolve():
        return 0
    archive = None if source.is_dir() else _opened(source)
    files = _in_folder(source) if archive is None else _in_archive(archive)
    by_student = _by_student(files, exercise, tell)
    if not by_student:
        raise IntakeRefused(
            f"{source} holds no submission to {exercise.name}. Expected one of"
            f" STUDENT/{exercise.name}/{exercise.notebook.name},"
            f" STUDENT/{exercise.notebook.name}, STUDENT.ipynb."
        )
    return sum(
        _copy(files, path, submitted / student / exercise.name, exercise, aside)
        for student, path in by_student.items()
    )


def _in_folder(folder: Path) -> Files:
    """Return the files and links in `folder`, as deep as submissions lie."""
    return {
        path: File(partial(own_bytes, folder, path), (folder / path).is_symlink())
        for path in paths_in(folder, DEEPEST)
    }


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        archive = None if _list_bytes(path) > LONGEST_LIST else zipfile.ZipFile(path)
    except Exception as exc:
        # It fails in as many ways as there are parsers involved.
        raise IntakeRefused(
            f"{path} cannot be read as a zip archive ({_words(exc)}). Unpack it by"
            " hand, and grade the folder."
        ) from exc
    if archive is None:
        raise IntakeRefused(
            f"{path} lists more files than are read of an archive. Unpack it by hand,"
            " look at what it holds, and grade the folder."
        )
    sizes = (min(info.file_size, LARGEST_NOTEBOOK) for info in archive.infolist())
    if sum(sizes) > LARGEST_ARCHIVE:
        raise IntakeRefused(
            f"{path} would unpack to more than {LARGEST_ARCHIVE >> 30} GB. Unpack it by"
            " hand, look at what it holds, and grade the folder."
        )
    return archive


def _list_bytes(path: Path) -> int:
    """Return the length of an archive's list of files; 0 if it has none."""
    with path.open("rb") as file:
        # What zipfile goes by, which has no public name.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    return int(end[5]) if end else 0


def _in_archive(archive: zipfile.ZipFile) -> Files:
    """Return the files and links in `archive`."""
    files: Files = {}
    for info in archive.infolist():
        parts = PurePosixPath(info.filename).parts
        path = PurePath(*(part for part in parts if part not in {"/", "//", ".."}))
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        if not info.is_dir():
            files[path] = File(partial(_unpacked, archive, info, is_link), is_link)
    return files


def _unpacked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, is_link: bool, at_most: int
) -> bytes:
    """Return the content of a file in `archive`. Raises NotOwn."""
    if is_link:
        raise NotOwn("is a link")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        # Of the others, zipfile unpacks as much as there is, before it looks.
        raise NotOwn("is packed, and not by “deflate”, which is all that is read")
    if info.file_size > at_most:
        raise NotOwn(too_large(info.file_size, at_most))
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except Exception as exc:
        raise NotOwn(f"cannot be unpacked ({_words(exc)})") from exc


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}".removesuffix(": ")


def _by_student(files: Files, exercise: Exercise, tell: Tell) -> dict[str, PurePath]:
    """Return the path of each student's notebook among `files`.

    Raises IntakeRefused if it is clear of none whose it is.
    """
    found: dict[str, list[PurePath]] = defaultdict(list)
    for name, path in _notebooks(files, exercise):
        # A Mac takes letters and their accents apart.
        found[unicodedata.normalize("NFC", name)].append(path)
    refused = {student: why for student in found if (why := why_no_id(student))}
    for student, paths in found.items():
        if len(paths) > 1 and student not in refused:
            shown = " and ".join(map(str, paths))
            refused[student] = f"{shown} may all be {student}'s. Leave one of them."
        elif files[paths[0]].is_link and paths[0].name == student:
            refused.setdefault(student, f"{paths[0]} is a link.")
    sentences = [one_line(f"{why} It was not taken in.") for why in refused.values()]
    if sentences and len(sentences) == len(found):
        raise IntakeRefused("\n".join(sentences))
    for sentence in sentences:
        tell(sentence)
    return {name: paths[0] for name, paths in found.items() if name not in refused}


def _notebooks(files: Files, exercise: Exercise) -> Iterator[tuple[str, PurePath]]:
    """Yield each student and a notebook of the student's, or the link in its place."""
    paths = sorted(path for path in files if path.parts and path.name[0] != ".")
    tops = {path.parts[0] for path in paths if path.parts[0][:2] != "__"}
    above = PurePath(*tops) if len(tops) == 1 else PurePath()
    # An archive often holds one folder with everything in it.
    own = {above / exercise.name, above / exercise.notebook.name}
    if above in files or any(own & {path, path.parent} for path in paths):
        above = PurePath()
    depth = len(above.parts)
    by_top: dict[str, list[PurePath]] = defaultdict(list)
    for path in paths:
        if path.is_relative_to(above) and path.parts[depth][0] != ".":
            by_top[path.parts[depth]].append(path)
    for top, inside in by_top.items():
        folder = above / top
        if folder in files:
            if folder.suffix == ".ipynb":
                yield folder.stem.removesuffix(exercise.name).rstrip("_- "), folder
            elif files[folder].is_link:
                yield top, folder
            continue
        beside = [
            path
            for path in inside
            if path.parent == folder
            and path.suffix == ".ipynb"
            and not files[path].is_link
        ]
        in_order = [
            folder / exercise.name / exercise.notebook.name,
            folder / exercise.name,  # a link to a folder
            folder / exercise.notebook.name,
            *beside,
        ]
        if here := [path for path in in_order if path in files]:
            yield top, here[0]


def _copy(
    files: Files, path: PurePath, folder: Path, exercise: Exercise, aside: Path
) -> int:
    """Copy one submission into `folder`; return whether it differs, as a number.

    A file of it that cannot be read is left out, and a note says so.
    """
    wanted = {exercise.notebook.name: (path, LARGEST_NOTEBOOK)}
    stamp = path.with_name(TIMESTAMP)
    if stamp in files and path.parent.name == exercise.name:
        wanted[TIMESTAMP] = stamp, LONGEST_TIME
    contents, notes = {}, []
    for name, (place, at_most) in wanted.items():
        try:
            contents[name] = files[place].read(at_most)
        except NotOwn as exc:
            shown = one_line(str(place), LONGEST_SHOWN_NAME)
            notes.append(one_line(f"{shown} {exc}; it was not taken in."))
    if set(notes) <= set(notes_on(folder, aside)) and _is_there(
        folder, exercise.notebook.name, contents
    ):
        return 0
    _make_room(folder, aside)
    folder.mkdir(parents=True)
    for name, content in contents.items():
        with whole(folder / name) as partly:
            partly.write_bytes(content)
    add_notes(folder, aside, notes)
    return 1


def _is_there(folder: Path, notebook: str, contents: dict[str, bytes]) -> bool:
    """Return whether `folder` holds this notebook, or exists if there is none."""
    if notebook not in contents:
        return folder.exists()
    submitted = folder.parents[1]
    with suppress(NotOwn, OSError):
        inside = folder.relative_to(submitted) / notebook
        return own_bytes(submitted, inside, LARGEST_NOTEBOOK) == contents[notebook]
    return False


def _make_room(folder: Path, aside: Path) -> None:
    """Move an earlier submission in `folder` aside, with the notes on it."""
    put_notes_aside(folder, aside)
    for old in (folder.parent, folder):
        if old.is_symlink() or (old == folder and old.exists()):
            kept = dated(aside / folder.parent.name / folder.name)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(old, kept)
