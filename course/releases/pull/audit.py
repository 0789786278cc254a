"""The audit: one line for each imported order, in a file beside the database."""

import json
from pathlib import Path

FOLDER = Path("audit")


class Audit:
    """Writes the lines of one batch."""

    def __init__(self, batch: str) -> None:
        FOLDER.mkdir(exist_ok=True)
        self._file = (FOLDER / f"{batch}.jsonl").open("a", encoding="utf-8")
        self._lines = 0

    def write(self, **entry: object) -> None:
        """Add a line. Raises OSError if the disk is full."""
        self._file.write(json.dumps(entry) + "\n")
        self._lines += 1

    def close(self) -> None:
        """Write what is still in memory, and close the file."""
        try:
            self._file.flush()
        except OSError:
            pass
        self._file.close()


def forget(batch: str) -> None:
    """Remove the audit of a batch, if there is one."""
    try:
        (FOLDER / f"{batch}.jsonl").unlink()
    except FileNotFoundError:
        pass


def lines_of(batch: str) -> int:
    """How many orders of a batch have been written down; 0 if there was none."""
    count = 0
    try:
        with (FOLDER / f"{batch}.jsonl").open(encoding="utf-8") as lines:
            count = sum(1 for _ in lines)
    finally:
        return count
