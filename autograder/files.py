"""Files that appear whole or not at all, and files that are read through no link."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath

from .printable import one_line

READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
DEEPEST = 12  # parts of 255 bytes at most: the kernel takes 4,096


class NotOwn(Exception):
    """A path that is not read; the message says of it what "is a link to x" does."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path to write to, and rename that file to `path` when the block ends.

    It is removed if the block raises, and `path` is as it was.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def own_bytes(folder: Path, inside: PurePath, at_most: int) -> bytes:
    """Return the content of the file `inside`, a path in `folder`.

    Nobody but who filled `folder` can have put it there: no link in it is followed,
    also not one that takes a file's place meanwhile. Raises NotOwn, for a file of more
    than `at_most` bytes as well.
    """
    with ExitStack() as opened:
        here = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        opened.callback(os.close, here)
        for part in inside.parts:
            try:
                inner = os.open(part, READING, dir_fd=here)
            except OSError as exc:
                raise NotOwn(_why_not_opened(part, here, exc)) from exc
            opened.callback(os.close, inner)
            here = inner
        status = os.fstat(here)
        if reason := why_not_own(status):
            raise NotOwn(reason)
        if status.st_size > at_most:
            raise NotOwn(too_large(status.st_size, at_most))
        with open(here, "rb", closefd=False) as file:
            return file.read(at_most)


def paths_in(folder: Path, deepest: int = DEEPEST) -> Iterator[PurePath]:
    """Yield the paths, in `folder`, of all that is no folder; no link is followed.

    Those with more than `deepest` parts are left out.
    """
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder)
        yield from (inside / name for name in names)
        yield from (inside / n for n in folders if Path(place, n).is_symlink())
        if len(inside.parts) + 1 == deepest:
            folders.clear()


def why_not_own(status: os.stat_result) -> str:
    """Return why a file is not read, from its status; an empty string if it is."""
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file"
    if status.st_nlink > 1:
        return "has a second name elsewhere on this disk (a hard link)"
    return ""


def too_large(size: int, at_most: int) -> str:
    """Return why a file of so many bytes is not read."""
    return f"has {size:,} bytes, and at most {at_most:,} are read"


def link_to(target: str) -> str:
    """Return why a link is not read."""
    return f"is a link to {one_line(target, 150)}"


def _why_not_opened(part: str, folder: int, exc: OSError) -> str:
    try:
        return link_to(os.readlink(part, dir_fd=folder))
    except OSError:
        return f"cannot be read ({exc.strerror})"
