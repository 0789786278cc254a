"""A watch on tests that say they start no process: those of `outage test --quick`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STARTS = {
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "subprocess.Popen",
}

_seen: list[str] | None = None  # where a start is noted, while they are refused


class ProcessStarted(AssertionError):
    """A test has started a process, and is not marked `process`."""


@contextmanager
def refused(unless: bool = False) -> Iterator[None]:
    """Raise ProcessStarted in this process where one is started, and at the end.

    At the end because what runs here may swallow it.
    """
    global _seen
    if unless:
        yield
        return
    before, seen = _seen, list[str]()
    _seen = seen
    try:
        yield
    finally:
        _seen = before
    if seen:
        raise ProcessStarted(seen[0])


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event in STARTS:
        _seen.append(f"{event} {arguments[:1]}; mark the test `process`")
        raise ProcessStarted(_seen[-1])


sys.addaudithook(_audit)  # there is no way to remove one
