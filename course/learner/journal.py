"""The learner's journal: events with their times, one JSON object a line.

Lines are appended and never rewritten, so a crash in the middle of writing costs that
line at most: a torn line is skipped when the journal is read. The file is in work/,
moves to another machine with that folder, and is sent nowhere.
"""

import errno
import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]

Event = dict[str, Any]


class JournalNotWritten(Exception):
    """The journal could not be written: the disk is full, or the folder read-only."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(
            f"Your progress could not be written to {path} ({cause.strerror}); this"
            " step is not on record, and everything else goes on. Make room, or make"
            " that folder writable, then run the cell again."
        )


@dataclass
class Journal:
    """The events in the file at `path`, oldest first; with None, in memory.

    Every event has a `kind` and the time `at` (ISO 8601, UTC). Several notebooks may
    write to one journal at the same time.
    """

    path: Path | None
    _in_memory: list[Event] = field(default_factory=list)

    @classmethod
    def here(cls) -> "Journal":
        """Return the learner's journal, for notebooks and commands inside the project.

        Elsewhere (a test, a grader) there is no learner: the journal is in memory only.
        """
        inside = PROJECT in [Path.cwd(), *Path.cwd().parents]
        return cls(PROJECT / "work" / "journal.jsonl") if inside else cls(None)

    def tell(self, kind: str, **fields: Any) -> None:
        """Append an event. Raises JournalNotWritten, with the file left as it was."""
        event = {"kind": kind, "at": datetime.now(UTC).isoformat(), **fields}
        if self.path is None:
            self._in_memory.append(event)
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._append(file.fileno(), json.dumps(event).encode() + b"\n")
        except OSError as exc:
            raise JournalNotWritten(self.path, exc) from exc

    def events(self) -> list[Event]:
        """Return all events, without lines that are torn or damaged."""
        if self.path is None:
            return list(self._in_memory)
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        events = (_read(line) for line in lines)
        return [event for event in events if event is not None]

    @staticmethod
    def _append(file: int, line: bytes) -> None:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            line = b"\n" + line  # the last writer did not finish its line
        try:
            if os.write(file, line) < len(line):
                full = errno.ENOSPC
                raise OSError(full, os.strerror(full))  # noqa: TRY301 - to cut it off
            os.fsync(file)
        except OSError:
            with suppress(OSError):  # the first error says what is wrong
                os.ftruncate(file, size)
            raise


def _read(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    valid = isinstance(event, dict) and isinstance(event.get("kind"), str)
    return event if valid else None
