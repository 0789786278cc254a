"""Runs one of the sandbox's scripts beside learner code and reads what it reports."""

import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from autograder.sandbox import Confined, Limits, interpreter
from autograder.sandbox import inside as scripts
from course.outage.forkserver import Forked
from course.outage.spawner import passed_on

from .job import JOIN

INSIDE = Path(scripts.__file__).parent
LONGEST_REPORT = 16 << 20


def reports(
    script: str,
    arguments: Sequence[str],
    given: str,
    confined: Confined,
    within_s: float,
    read: Sequence[str] = (),
    forks: str = "",
) -> Iterator[dict[str, Any]]:
    """The JSON objects that `script` reports on `given`, one by one; then it has ended.

    The rest as for `child`.
    """
    with child(script, arguments, confined, within_s, read, forks) as running:
        running.tell(given)
        running.no_more()
        yield from running.reports


@dataclass
class Child:
    """A script beside learner code: what it is told, and the JSON objects it reports.

    Once it is stopped, {"stopped": reason} comes last.
    """

    reports: Iterator[dict[str, Any]]
    _input: IO[str]

    def tell(self, text: str) -> None:
        """Write to its standard input. It may have ended before it was asked."""
        with suppress(BrokenPipeError):
            self._input.write(text)
            self._input.flush()

    def no_more(self) -> None:
        """Close its standard input."""
        with suppress(BrokenPipeError):
            self._input.close()


@contextmanager
def child(
    script: str,
    arguments: Sequence[str],
    confined: Confined,
    within_s: float,
    read: Sequence[str] = (),
    forks: str = "",
) -> Iterator[Child]:
    """Run `script`, which has ended when the block has.

    By a fork of the server at the address `forks`, where there is one. Whatever it
    prints is dropped. It is stopped `within_s` seconds after its start, or when it
    reports more than 16 MB. A line that is no JSON object ends the reading too: learner
    code has written to the report, which earns it nothing. Raises SandboxUnavailable.
    """
    limits = Limits(wall_s=int(within_s) + 5)
    words = interpreter(confined, limits, read=[str(INSIDE), *read])
    reading, writing = os.pipe()
    its_input, ours = os.pipe()
    words = (*words, "-m", script, str(writing), *arguments)
    try:
        process = _start(words, its_input, writing, forks)
    except BaseException:
        os.close(reading)
        os.close(ours)
        raise
    finally:
        os.close(writing)
        os.close(its_input)
    running = Child(
        _objects(reading, time.monotonic() + within_s), os.fdopen(ours, "w")
    )
    # One that does not read what it is told would make the teller wait.
    overdue = threading.Timer(within_s + 1, process.kill)
    overdue.start()
    try:
        yield running
    finally:
        overdue.cancel()
        process.kill()
        running.no_more()
        process.wait()
        os.close(reading)


def _start(
    words: Sequence[str], its_input: int, writing: int, forks: str
) -> subprocess.Popen[bytes] | Forked:
    passed = passed_on(os.environ)
    if forks:
        with open(os.devnull, "wb") as nowhere:
            fds = {0: its_input, 1: nowhere.fileno(), 2: nowhere.fileno()}
            return Forked(
                forks, JOIN, words, fds | {writing: writing}, str(INSIDE), passed
            )
    return subprocess.Popen(
        words, cwd=INSIDE, env=passed, pass_fds=[writing], stdin=its_input,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _objects(reading: int, deadline: float) -> Iterator[dict[str, Any]]:
    received, total = b"", 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            yield {"stopped": "time"}
            return
        part = os.read(reading, 1 << 16)
        total += len(part)
        if not part or total > LONGEST_REPORT:
            if part:
                yield {"stopped": "it reported more than 16 MB"}
            return
        *lines, received = (received + part).split(b"\n")
        for line in lines:
            try:
                data = json.loads(line)
            except (ValueError, RecursionError):
                data = None
            if not isinstance(data, dict):
                yield {"stopped": "what it reported is no JSON object"}
                return
            yield data
