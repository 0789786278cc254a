"""Checks for room on the disk, and temporary folders that outlive no process."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import NoRoom

NEEDED_BYTES = 64 << 20  # a database, the release, the logs in flight
SWEPT_AFTER_S = 10.0


def require_room() -> None:
    """Raise NoRoom if the disk of the temporary folder has under NEEDED_BYTES free."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise NoRoom(folder, free)


@contextmanager
def own_folder(prefix: str, inside: Path | None = None) -> Iterator[Path]:
    """Make a temporary folder, `inside` another if one is given, for the block.

    It is removed at the end of the block. If this process is killed first, `sweep` does
    it, in the next process that asks for a folder of the same `prefix`; but not if it
    lies `inside` another.
    """
    sweep(prefix)
    with (
        tempfile.TemporaryDirectory(prefix=prefix, dir=inside) as name,
        locked(Path(name)),
    ):
        yield Path(name)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Mark `folder` as in use, until the block or this process ends."""
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sweep(prefix: str) -> None:
    """Remove temporary folders called `prefix`… that killed processes have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        try:
            if time.time() - folder.stat().st_mtime < SWEPT_AFTER_S:
                continue  # perhaps not locked yet
            with open(folder / "lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # in use, or another user's
