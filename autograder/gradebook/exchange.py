"""nbgrader's exchange, as graders collect from it: what lies there is the learners'."""

from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect

from autograder.files import NotOwn, own_bytes, paths_in
from autograder.printable import one_line
from course.outage.tempdirs import own_folder

from .submissions import (
    ASIDE,
    LARGEST_SUBMISSION,
    LONGEST_SHOWN_NAME,
    MOST_FILES,
    add_notes,
    put_notes_aside,
    why_no_id,
)


class Collect(ExchangeCollect):  # type: ignore[misc]
    """nbgrader's own way to collect, but that it follows no link.

    What one learner has left in the exchange, under whatever name, does not keep it
    from the others.
    """

    def _path_to_record(self, path: str) -> dict[str, Any]:
        try:
            record: dict[str, Any] = super()._path_to_record(path)
        except (ExchangeError, ValueError, OverflowError):
            name = Path(path).name
            return {"username": "", "filename": name, "timestamp": datetime.min}
        return record

    def copy_files(self) -> None:
        """Copy the newest submission of each student into submitted/."""
        records: list[dict[str, Any]] = self.src_records
        for record in list(records):
            if why := why_no_id(record["username"]):
                self.log.warning("%s: %s", one_line(record["filename"]), why)
                records.remove(record)
        super().copy_files()

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy one submission; notes say what of it was left out."""
        aside, submission = Path(self.coursedir.root, ASIDE), Path(dest)
        put_notes_aside(submission, aside)
        with own_folder("outage-collect-") as folder:
            copy = folder / "copy"
            copy.mkdir()
            notes = _copied(Path(src), copy)
            try:
                super().do_copy(str(copy), dest, log)
            except (OSError, RuntimeError) as exc:
                submission.mkdir(parents=True, exist_ok=True)
                notes.append(f"It cannot be collected ({exc}).")
        add_notes(submission, aside, notes)


def _copied(source: Path, target: Path) -> list[str]:
    """Copy the files in `source` but for links; return notes on those left out."""
    notes = []
    left, files_left = LARGEST_SUBMISSION, MOST_FILES
    for path in paths_in(source):
        if not files_left:
            notes.append(f"It has more than {MOST_FILES:,} files; here are some.")
            break
        files_left -= 1
        try:
            content = own_bytes(source.parent, source.name / path, left)
        except NotOwn as exc:
            shown = one_line(str(path), LONGEST_SHOWN_NAME)
            notes.append(f"{shown} {exc}; it was not collected.")
            continue
        left -= len(content)
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)
    return notes
