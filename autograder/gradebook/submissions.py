"""What learners hand in, made safe before nbgrader copies or reads it.

Two steps. `put_aside` goes over the files of a submission: what cannot be honest
(links, pipes, a notebook that cannot be read) is moved below set_aside/, so nothing is
lost. `rebuilt` takes the answers of a notebook, by their grade_id, into a fresh copy of
the released one, so whatever else was done to it has no effect. Both leave notes.
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

# The released notebooks have about 15 kB; pictures in outputs may make much of that.
LARGEST_NOTEBOOK = 20_000_000

# Of an answer that is too long to be judged. nbconvert takes minutes to color and to
# sanitize 5 MB, each time that feedback is made or the formgrader opens the page.
LONGEST_SHOWN = 10_000

ASIDE = "set_aside"
NOTES = "notes.json"
READINGS = "outage_readings"

Files = dict[Path, str]


def prepare(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's pre_convert_hook: make one submission safe, before it is copied.

    `notebooks` are its notebooks, and become what there is to grade. It runs in the
    course's root. `student` may be a pattern and is not used.

    An exception here would only be logged, and the submission copied as it is. So what
    goes wrong ends the run instead.
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

    What has to go is moved below `aside`. If no notebook to grade is left, the released
    one takes its place, without answers: a submission always gets a score and a reason.
    Returns the notes, which are kept below `aside` too.
    """
    kept = aside / submission.parent.name / submission.name
    notebook = exercise.notebook.name
    notes = [
        f"{_shown(path, submission)} {reason}; it was put aside."
        for path, reason in _unfit(submission, notebook).items()
        if _move(path, kept / path.name)
    ]
    graded = submission / notebook
    if not graded.exists():
        others = sorted(path.name for path in submission.glob("*.ipynb"))
        found = f" There is {', '.join(others)}." if others else ""
        notes.append(f"There is no {notebook} that can be judged.{found}")
        submission.mkdir(parents=True, exist_ok=True)
        _write_without_answers(exercise, graded)
    if notes:
        kept.mkdir(parents=True, exist_ok=True)
        before = notes_on(submission, aside)
        (kept / NOTES).write_text(json.dumps([*before, *notes], indent=2))
    return notes


def _shown(path: Path, submission: Path) -> str:
    inside = path != submission and submission in path.parents
    return str(path.relative_to(submission)) if inside else f"the folder {path.name}"


def notes_on(submission: Path, aside: Path) -> list[str]:
    """The notes that `put_aside` has taken on a submission."""
    path = aside / submission.parent.name / submission.name / NOTES
    notes: list[str] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return notes


def _unfit(submission: Path, notebook: str) -> Files:
    """What must not stay in a submission, each with what it is."""
    for link in (submission.parent, submission):
        if link.is_symlink():
            return {link: f"is a link to {os.readlink(link)}"}
    found: Files = {}
    for folder, folders, files in os.walk(submission):
        os.chmod(folder, 0o700 | stat.S_IMODE(os.stat(folder).st_mode))
        for name in (*folders, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                found[path] = f"is a link to {os.readlink(path)}"
            elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                found[path] = "is no regular file"
    for path, reason in (
        (submission / notebook, _why_unreadable),
        (submission / "timestamp.txt", _why_no_time),
    ):
        if path not in found and path.exists() and (why := reason(path)):
            found[path] = why
    return found


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
    except Exception as exc:  # noqa: BLE001 - as many ways as parsers beneath
        said = str(exc).strip().splitlines() or [""]
        return f"cannot be read ({type(exc).__name__}: {said[0][:200]})"
    return ""


def _why_no_time(path: Path) -> str:
    # nbgrader ends the whole run on one that it cannot parse.
    try:
        parse_utc(path.read_text("utf-8").strip())
    except Exception:  # noqa: BLE001 - dateutil raises what it likes
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
    """A copy of `released` with the answers of `submitted`, and what was odd about it.

    Its metadata hold every reading of the answers (see judge.answers.readings), each of
    them whole. Of one that is too long to be judged, the cell shows the beginning.
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
    """`text` without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode()
