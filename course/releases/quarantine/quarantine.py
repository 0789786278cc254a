"""Remembers, past the end of the process, what it was working on when it ended.

A mark on the disk says that a header is being worked on. It is taken away afterwards,
unless the process ends in between: then the mark of a dead process tells every replica
that it is this header which ends processes.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

# In the folder of the release, which all of its replicas share.
MARKS = Path("marks")

log = structlog.get_logger(__name__)


class Quarantined(Exception):
    """A process has ended while it worked on this header; nobody tries it again."""


@contextmanager
def marked(header: bytes) -> Iterator[None]:
    """Mark `header` while the block runs. Raises Quarantined instead of running it."""
    name = hashlib.sha256(header).hexdigest()
    MARKS.mkdir(exist_ok=True)
    for mark in MARKS.glob(f"{name}-*"):
        pid = int(mark.name.rpartition("-")[2])
        if not _lives(pid):
            log.error("header.quarantined", header=repr(header), ended_pid=pid)
            raise Quarantined(repr(header))
    mine = MARKS / f"{name}-{os.getpid()}"
    mine.touch()
    try:
        yield
    finally:
        mine.unlink()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
