"""Submissions, made safe before nbgrader copies or reads them, in two steps.

`put_aside` goes over the files of a submission and moves those that cannot be honest
(links, pipes, a notebook that cannot be read) below set_aside/, so nothing is lost.
`rebuilt` copies the answers of a notebook, by their grade_id, into a fresh copy of the
released one, so other changes to it have no effect. Both return notes on what they did.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from autograder.judge import Exercise
from autograder.judge.answers import grade_id_of, readings
from autograder.judge.judging import LONGEST_ANSWER

# The released notebooks have about 15 kB; pictures in outputs may add a lot to that.
LARGEST_NOTEBOOK = 20_000_000

# Characters shown of an answer that is too long to be judged. nbconvert takes minutes
# to color and to sanitize 5 MB, each time that feedback is made or the formgrader opens
# the page.
LONGEST_SHOWN = 10_000

ASIDE = "set_aside"
NOTES = "notes.json"
READINGS = "outage_readings"

Files = dict[Path, str]


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
            f"Cannot make the submission {notebooks[0]} safe to grade"
            f" ({type(exc).__name__}: {exc}). Move it out of submitted/; grade again."
        ) from exc


def put_aside(submission: Path, exercise: Exercise, aside: Path) -> list[str]:
    """Make the folder `submission`, STUDENT/ASSIGNMENT, safe to copy and to read.

    Unfit files are moved below `aside`. If no notebook to grade is left, the released
    one takes its place, without answers: a submission always gets a score and a reason.
    Returns the notes, which are stored below `aside` too.
    """
    aside_folder = aside / submission.parent.name / submission.name
    notebook = exercise.notebook.name
    notes = [
        f"{_shown(path, submission)} {reason}; it was put aside."
        for path, reason in _unfit(submission, notebook).items()
        if _move(path, aside_folder / path.name)
    ]
    graded = submission / notebook
    if not graded.exists():
        others = sorted(path.name for path in submission.glob("*.ipynb"))
        instead = f" There is {', '.join(others)}." if others else ""
        notes.append(f"There is no {notebook} that can be judged.{instead}")
        submission.mkdir(parents=True, exist_ok=True)
        _write_without_answers(exercise, graded)
    if notes:
        aside_folder.mkdir(parents=True, exist_ok=True)
        before = notes_on(submission, aside)
        (aside_folder / NOTES).write_text(json.dumps([*before, *notes], indent=2))
    return notes


def _shown(path: Path, submission: Path) -> str:
    inside = path != submission and submission in path.parents
    return str(path.relative_to(submission)) if inside else f"the folder {path.name}"


def notes_on(submission: Path, aside: Path) -> list[str]:
    """Return the notes that `put_aside` has stored on a submission."""
    path = aside / submission.parent.name / submission.name / NOTES
    notes: list[str] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return notes


def _unfit(submission: Path, notebook: str) -> Files:
    """Return the paths that must not stay in a submission, each with the reason."""
    for link in (submission.parent, submission):
        if link.is_symlink():
            return {link: f"is a link to {os.readlink(link)}"}
    reasons: Files = {}
    for folder, folders, files in os.walk(submission):
        os.chmod(folder, 0o700 | stat.S_IMODE(os.stat(folder).st_mode))
        for name in (*folders, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                reasons[path] = f"is a link to {os.readlink(path)}"
            elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                reasons[path] = "is no regular file"
    for path, reason_for in (
        (submission / notebook, _why_unreadable),
        (submission / "timestamp.txt", _why_no_time),
    ):
        if path not in reasons and path.exists() and (reason := reason_for(path)):
            reasons[path] = reason
    return reasons


def _why_unreadable(path: Path) -> str:
    if path.is_dir():
        return "is a folder"
    size = path.stat().st_size
    if size > LARGEST_NOTEBOOK:
        return f"has {size:,} bytes, and at most {LARGEST_NOTEBOOK:,} are read"
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        readings(notebook.cells)
    except Exception as exc:  # noqa: BLE001 - as many ways as parsers involved
        lines = str(exc).strip().splitlines() or [""]
        return f"cannot be read ({type(exc).__name__}: {lines[0][:200]})"
    return ""


def _why_no_time(path: Path) -> str:
    # A time that it cannot parse makes nbgrader end the whole run.
    try:
        parse_utc(path.read_text("utf-8").strip())
    except Exception:  # noqa: BLE001 - dateutil may raise anything
        return "holds no time"
    return ""


def _move(path: Path, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    while to.exists() or to.is_symlink():
        to = to.with_name(f"{to.name}~")
    return Path(shutil.move(path, to))


def _write_without_answers(exercise: Exercise, path: Path) -> None:
    empty = nbformat.read(exercise.notebook, as_version=4)
    for cell in empty.cells:
        if grade_id_of(cell) and cell.metadata.nbgrader.solution:
            cell.source = ""
    nbformat.write(empty, path)


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
    return fresh, list(_oddities(submitted, ours))


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
    for grade_id in theirs.keys() - ours.keys() - {""}:
        yield f"The cell {grade_id[:80]} is not ours; it was left out."
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
