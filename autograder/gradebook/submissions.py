"""Submissions, made safe before nbgrader copies or reads them, in two steps.

`put_aside` goes over the files of a submission and moves those that cannot be honest
(links, pipes, a notebook that cannot be read) below set_aside/, so nothing is lost.
`rebuilt` copies the answers of a notebook, by their grade_id, into a fresh copy of the
released one, so other changes to it have no effect. Both return notes on what they did.
"""

import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from autograder.files import NotOwn, link_to, own_bytes, whole, why_not_own
from autograder.judge import Exercise
from autograder.judge.answers import grade_id_of, readings
from autograder.judge.judging import LONGEST_ANSWER
from autograder.printable import one_line

# The released notebooks have about 15 kB; pictures in outputs may add a lot to that.
LARGEST_NOTEBOOK = 20_000_000

# Braces and brackets in a notebook's text: each may be an object of half a kilobyte in
# memory. A chart that brings its own JavaScript has 100,000.
MOST_NODES = 300_000

# What else may lie beside a notebook, and goes to the graders.
MOST_FILES, LARGEST_SUBMISSION = 2_000, 200_000_000
LONGEST_PATH = 1_000  # bytes; the kernel takes 4,096, with those of the course's folder
LONGEST_TIME = 100

# Characters shown of an answer that is too long to be judged. nbconvert takes minutes
# to color and to sanitize 5 MB, each time that feedback is made or the formgrader opens
# the page.
LONGEST_SHOWN = 10_000
LONGEST_SHOWN_NAME = 150

ASIDE = "set_aside"
NOTES = "notes.json"
READINGS = "outage_readings"
TIMESTAMP = "timestamp.txt"
MOST_NOTES = 20

STUDENT = re.compile(r"[\w.@+-]{1,128}")
LONGEST_STUDENT = 200  # bytes, of a folder's name

Files = dict[Path, str]


def why_no_id(name: str) -> str:
    """Return why `name` cannot be a student's id, or an empty string if it can."""
    short = len(name.encode("utf-8", "surrogateescape")) <= LONGEST_STUDENT
    if STUDENT.fullmatch(name) and name not in {".", ".."} and short:
        return ""
    return (
        f"{one_line(repr(name))} cannot be a student's id: letters, digits and"
        " . _ - @ + are understood. Rename that file or folder, then grade again."
    )


def prepare(assignment: str, student: str, notebooks: list[str]) -> None:
    """Make one submission safe before it is copied, as nbgrader's pre_convert_hook.

    `notebooks` are its notebooks, and are replaced by the one to grade. The working
    directory is the course's root. `student` may be a pattern and is not used.

    nbgrader would only log an exception, and copy the submission as it is. So an error
    ends the run instead.
    """
    del student
    try:
        folder = Path(notebooks[0]).parent
        exercise = Exercise.named(assignment)
        put_aside(folder, exercise, Path(ASIDE))
        notebooks[:] = [str(folder / exercise.notebook.name)]
    except Exception as exc:
        raise SystemExit(
            f"Cannot make the submission {one_line(notebooks[0])} safe to grade"
            f" ({one_line(f'{type(exc).__name__}: {exc}')}). Move it out of submitted/;"
            " grade again."
        ) from exc


def put_aside(submission: Path, exercise: Exercise, aside: Path) -> None:
    """Make the folder `submission`, STUDENT/ASSIGNMENT, safe to copy and to read.

    Unfit files are moved below `aside`, where notes on them are stored. If no notebook
    to grade is left, the released one takes its place, without answers: a submission
    always gets a score and a reason.
    """
    aside_folder = aside / submission.parent.name / submission.name
    graded = submission / exercise.notebook.name
    notes = []
    try:
        unfit = _unfit(submission, graded.name)
    except (TooMuch, OSError) as exc:
        notes = [f"The folder {exc}; all but the notebook was put aside."]
        _keep_only(submission, graded.name, aside_folder)
        unfit = _unfit(submission, graded.name)
    for path, reason in unfit.items():
        notes.append(f"{_shown(path, submission)} {reason}; it was put aside.")
        _move(path, aside_folder)
    if not graded.exists():
        others = sorted(path.name for path in submission.glob("*.ipynb"))
        instead = f" There is {', '.join(others)}." if others else ""
        notes.append(f"There is no {graded.name} that can be judged.{instead}")
        submission.mkdir(parents=True, exist_ok=True)
        _write_without_answers(exercise, graded)
    add_notes(submission, aside, notes)


def _shown(path: Path, submission: Path) -> str:
    inside = path != submission and submission in path.parents
    shown = str(path.relative_to(submission)) if inside else f"the folder {path.name}"
    return one_line(shown, LONGEST_SHOWN_NAME)


def notes_on(submission: Path, aside: Path) -> list[str]:
    """Return the notes that are stored on a submission."""
    path = aside / submission.parent.name / submission.name / NOTES
    notes: list[str] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return notes


def put_notes_aside(submission: Path, aside: Path) -> None:
    """Rename the folder with the notes on a submission: another takes its place."""
    folder = aside / submission.parent.name / submission.name
    if folder.exists():
        folder.rename(dated(folder))


def dated(path: Path) -> Path:
    """Return `path` with the time in its name, to the microsecond."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
    return path.with_name(f"{path.name} {now}")


def add_notes(submission: Path, aside: Path, notes: list[str]) -> None:
    """Store `notes` on a submission, after those that are stored already."""
    if not notes:
        return
    shown = _few([*notes_on(submission, aside), *notes])
    path = aside / submission.parent.name / submission.name / NOTES
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial:
        partial.write_text(json.dumps(shown, indent=2))


def _few(notes: list[str]) -> list[str]:
    """Return `notes`, each in one line, and at most MOST_NOTES of them."""
    shown = [one_line(note) for note in notes[:MOST_NOTES]]
    if left_out := len(notes) - len(shown):
        shown[-1] = f"There are {left_out + 1:,} notes more."
    return shown


class TooMuch(Exception):
    """A submission of more files, or more bytes, than are copied."""


def _unfit(submission: Path, notebook: str) -> Files:
    """Return the paths that must not stay in a submission, each with the reason.

    Raises TooMuch.
    """
    for link in (submission.parent, submission):
        if link.is_symlink():
            return {link: link_to(os.readlink(link))}
    reasons: Files = {}
    count = size = 0
    _open_up(submission)
    for folder, folders, files in os.walk(submission):
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            count, size = count + 1, size + status.st_size
            if reason := _why_unfit(path.relative_to(submission), status):
                if stat.S_ISLNK(status.st_mode):
                    reason = link_to(os.readlink(path))
                reasons[path] = reason
            elif name in folders:
                _open_up(path)
        folders[:] = [name for name in folders if Path(folder, name) not in reasons]
        if count > MOST_FILES:
            raise TooMuch(f"has more than {MOST_FILES:,} files")
        if size > LARGEST_SUBMISSION:
            raise TooMuch(f"has more than {LARGEST_SUBMISSION:,} bytes")
    for path, reason_for in (
        (submission / notebook, _why_unreadable),
        (submission / TIMESTAMP, _why_no_time),
    ):
        if path not in reasons and path.exists() and (reason := reason_for(path)):
            reasons[path] = reason
    return reasons


def _open_up(folder: Path) -> None:
    """Let this process list, enter and change `folder`."""
    folder.chmod(0o700 | stat.S_IMODE(folder.stat().st_mode))


def _why_unfit(inside: Path, status: os.stat_result) -> str:
    if one_line(inside.name) != inside.name:
        return "has a name that cannot be shown"
    if len(os.fsencode(inside)) > LONGEST_PATH:
        return f"has a path of more than {LONGEST_PATH:,} bytes"
    return "" if stat.S_ISDIR(status.st_mode) else why_not_own(status)


def _why_unreadable(path: Path) -> str:
    if path.is_dir():
        return "is a folder"
    try:
        notebook = read_notebook(path)
        nbformat.validate(notebook)
        readings(notebook.cells)
    except NotOwn as exc:
        return str(exc)
    except Exception as exc:  # noqa: BLE001 - as many ways as parsers involved
        lines = str(exc).strip().splitlines() or [""]
        return f"cannot be read ({type(exc).__name__}: {lines[0][:200]})"
    return ""


def read_notebook(path: Path) -> NotebookNode:
    """Return the notebook at `path`, STUDENT/ASSIGNMENT/NOTEBOOK in some folder.

    Raises NotOwn if a link leads to it, and if it is too large; or what parsers raise.
    """
    above = path.parents[2]
    content = own_bytes(above, path.relative_to(above), LARGEST_NOTEBOOK)
    if content.count(b"{") + content.count(b"[") > MOST_NODES:
        raise NotOwn(f"has more than {MOST_NODES:,} braces, which is all that is read")
    return nbformat.reads(content.decode("utf-8"), as_version=4)


def _why_no_time(path: Path) -> str:
    # A time that it cannot parse makes nbgrader end the whole run.
    try:
        content = own_bytes(path.parent, Path(path.name), LONGEST_TIME)
        parse_utc(content.decode("utf-8").strip())
    except NotOwn as exc:
        return str(exc)
    except Exception:  # noqa: BLE001 - dateutil may raise anything
        return "holds no time"
    return ""


def _move(path: Path, folder: Path) -> Path:
    """Move `path` into `folder`, where nothing has its name yet, or below it."""
    folder.mkdir(parents=True, exist_ok=True)
    to = folder / path.name
    # What was put aside may be a link, so nothing is ever written into it.
    if os.path.lexists(to) or path.name == NOTES:
        to = Path(tempfile.mkdtemp(prefix="again-", dir=folder), path.name)
    return Path(shutil.move(path, to))


def _keep_only(submission: Path, notebook: str, aside_folder: Path) -> None:
    """Move `submission` aside, and put its own notebook and time back."""
    moved = _move(submission, aside_folder)
    submission.mkdir()
    for name, at_most in ((notebook, LARGEST_NOTEBOOK), (TIMESTAMP, LONGEST_TIME)):
        with suppress(NotOwn):
            content = own_bytes(moved, Path(name), at_most)
            (submission / name).write_bytes(content)


def _write_without_answers(exercise: Exercise, path: Path) -> None:
    empty = nbformat.read(exercise.notebook, as_version=4)
    for cell in empty.cells:
        if grade_id_of(cell) and cell.metadata.nbgrader.solution:
            cell.source = ""
    with whole(path) as partial:
        nbformat.write(empty, partial)


def rebuilt(
    submitted: NotebookNode, released: NotebookNode
) -> tuple[NotebookNode, list[str]]:
    """Copy `released` with the answers of `submitted`; return it, and notes on those.

    Its metadata hold every reading of the answers (see judge.answers.readings) in full
    length. For an answer that is too long to be judged, its cell shows the beginning.
    """
    fresh = nbformat.from_dict(released)
    texts = [
        {name: _encodable(text) for name, text in answers.items()}
        for answers in readings(submitted.cells)
    ]
    fresh.metadata[READINGS] = texts
    ours = {grade_id_of(cell): cell for cell in fresh.cells if grade_id_of(cell)}
    for grade_id, cell in ours.items():
        if cell.metadata.nbgrader.solution:
            cell.source = _shortened(texts[0].get(grade_id, ""))
    return fresh, _few(list(_oddities(submitted, ours)))


def _shortened(answer: str) -> str:
    """Return `answer`, or the beginning of one that is too long to be judged."""
    if len(answer) <= LONGEST_ANSWER:
        return answer
    left_out = len(answer) - LONGEST_SHOWN
    return f"{answer[:LONGEST_SHOWN]}\n\n[… {left_out:,} more characters, not shown]"


def _oddities(submitted: NotebookNode, ours: dict[str, NotebookNode]) -> Iterator[str]:
    theirs: dict[str, list[NotebookNode]] = {}
    for cell in submitted.cells:
        theirs.setdefault(grade_id_of(cell), []).append(cell)
    for grade_id in sorted(theirs.keys() - ours.keys() - {""}):
        yield f"The cell {one_line(grade_id, 80)} is not ours; it was left out."
    for grade_id, cell in ours.items():
        if grade_id not in theirs:
            yield f"The cell {grade_id} is missing; the released one was used."
            continue
        count, first = len(theirs[grade_id]), theirs[grade_id][0]
        if count > 1:
            yield f"{count} cells are called {grade_id}; the best reading counts."
        marks, claimed = cell.metadata.nbgrader, first.metadata.nbgrader
        if not marks.solution and first.source.strip() != cell.source.strip():
            yield f"The cell {grade_id} was changed; the released one was used."
        if marks.grade and claimed.get("points") != marks.points:
            yield (
                f"The cell {grade_id} claimed {claimed.get('points')} points; it is"
                f" worth {marks.points}."
            )


def _encodable(text: str) -> str:
    """Return `text` without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode()
