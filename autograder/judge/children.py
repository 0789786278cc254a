"""Runs one of the sandbox's scripts beside learner code and reads what it reports."""

import json
import os
import select
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.sandbox import Confined, Limits, interpreter
from autograder.sandbox import inside as scripts
from course.outage.spawner import passed_on

INSIDE = Path(scripts.__file__).parent
LONGEST_REPORT = 16 << 20


def reports(
    script: str,
    arguments: Sequence[str],
    given: str,
    confined: Confined,
    within_s: float,
    read: Sequence[str] = (),
) -> Iterator[dict[str, Any]]:
    """The JSON objects that `script` reports, one by one; it has ended after the last.

    `given` goes to its standard input; whatever it prints is dropped. It is stopped
    `within_s` seconds after its start, or when it reports more than 16 MB: then
    {"stopped": reason} comes last. A line that is no JSON object ends the reading too:
    learner code has written to the report, which earns it nothing.
    Raises SandboxUnavailable.
    """
    limits = Limits(wall_s=int(within_s) + 5)
    words = interpreter(confined, limits, read=[str(INSIDE), *read])
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*words, "-m", script, str(writing), *arguments],
        cwd=INSIDE, env=passed_on(os.environ), pass_fds=[writing],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    os.close(writing)
    try:
        assert process.stdin is not None
        # It may have ended before it was asked.
        with suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(given)
        yield from _objects(reading, time.monotonic() + within_s)
    finally:
        process.kill()
        process.wait()
        os.close(reading)


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
