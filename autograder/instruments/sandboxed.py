"""One of the sandbox's scripts, run beside learner code, and the reports it writes.

Time limits count the time in which the script could run, see course.outage.lag, and in
which something was asked of it: a conversation may pause for as long as a fleet takes.
"""

import json
import math
import os
import select
import subprocess
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from autograder.judge.job import FORKED
from autograder.sandbox import Confined, Limits, interpreter
from autograder.sandbox import inside as scripts
from course.outage.errors import MachineTooBusy
from course.outage.fleet.forkserver import Forked
from course.outage.fleet.launch import passed_on
from course.outage.lag import CAP, LEAST_CAP_S, NAP_S, Gauge, Limit

INSIDE = Path(scripts.__file__).parent
LONGEST_REPORT = 16 << 20
# How often the clock of a script is read, from files in /proc: 0.9 ms each time.
TICK_S = 0.2


def reports(
    script: str,
    arguments: Sequence[str],
    given: str,
    confined: Confined,
    within_s: float,
    read: Sequence[str] = (),
    forks: str = "",
) -> Generator[dict[str, Any], None, None]:
    """Run `script` on the input `given`, and yield the JSON objects that it reports.

    A caller who has read enough closes the generator. The other parameters are as for
    `child`.
    """
    with child(script, arguments, confined, within_s, read, forks) as running:
        running.tell(given)
        running.no_more()
        yield from running.reports


@dataclass
class Awaited:
    """Measures how long a script could run, in seconds, while a report was awaited."""

    gauge: Gauge
    now: bool = False
    ran_s: float = 0.0

    def tick(self) -> None:
        """Count the time since the last call, if a report is awaited now."""
        passed_s, lost_s = self.gauge.tick()
        if self.now:
            self.ran_s += passed_s - lost_s


@dataclass
class Child:
    """A script that runs beside learner code, and the JSON objects that it reports.

    If it is stopped, the last of them is {"stopped": reason}.
    """

    reports: Iterator[dict[str, Any]]
    _input: IO[str]
    _awaited: Awaited

    def tell(self, text: str) -> None:
        """Write to the script's standard input; do nothing if the script has ended.

        From now until the next report, its time limit runs.
        """
        self._awaited.now = True
        with suppress(BrokenPipeError):
            self._input.write(text)
            self._input.flush()

    def no_more(self) -> None:
        """Close the script's standard input."""
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
    """Run `script` while the block runs, and end it with the block.

    It is a fork of the server at the address `forks`, if there is one. Its standard
    output and error are dropped. It is stopped once it could run for `within_s`
    seconds while a report was awaited, or when it reports more than 16 MB. A line that
    is no JSON object ends the reading too: learner code has written to the report,
    which earns it nothing. Raises SandboxUnavailable; reading the reports raises
    MachineTooBusy if the script could hardly run.
    """
    longest_s = max(LEAST_CAP_S, CAP * within_s)
    limits = Limits(wall_s=int(longest_s) + 5, cpu_s=int(within_s) + 60)
    argv = interpreter(confined, limits, read=[str(INSIDE), *read])
    reading, writing = os.pipe()
    script_input, writable = os.pipe()
    argv = (*argv, "-m", script, str(writing), *arguments)
    try:
        process = _start(argv, script_input, writing, confined, forks)
    except BaseException:
        os.close(reading)
        os.close(writable)
        raise
    finally:
        os.close(writing)
        os.close(script_input)
    awaited = Awaited(Gauge(lambda: [process.pid]))
    limit = Limit("an answer of the cell", within_s, lambda: awaited.ran_s)
    objects = _objects(reading, limit, awaited)
    running = Child(objects, os.fdopen(writable, "w"), awaited)
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(process, awaited, limit, over))
    watch.start()
    try:
        yield running
    finally:
        over.set()
        watch.join()
        process.kill()
        running.no_more()
        process.wait()
        os.close(reading)


def _start(
    argv: Sequence[str],
    script_input: int,
    writing: int,
    confined: Confined,
    forks: str,
) -> subprocess.Popen[bytes] | Forked:
    env = passed_on(os.environ)
    if forks:
        with open(os.devnull, "wb") as nowhere:
            fds = {0: script_input, 1: nowhere.fileno(), 2: nowhere.fileno()}
            fds |= {writing: writing}
            return Forked(forks, FORKED[confined], argv, fds, str(INSIDE), env)
    return subprocess.Popen(
        argv,
        cwd=INSIDE,
        env=env,
        pass_fds=[writing],
        stdin=script_input,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _watch(
    process: subprocess.Popen[bytes] | Forked,
    awaited: Awaited,
    limit: Limit,
    over: threading.Event,
) -> None:
    """Keep the clock of `limit`; kill `process` a second later, unless `over` is set.

    A process that does not read its input would otherwise make the writer wait.
    """
    with suppress(MachineTooBusy):
        while limit.left_s():
            if over.wait(TICK_S):
                return
            awaited.tick()
        over.wait(1.0)
    process.kill()


def _objects(reading: int, limit: Limit, awaited: Awaited) -> Iterator[dict[str, Any]]:
    received, total = b"", 0
    while True:
        if not limit.left_s():
            yield {"stopped": "time"}
            return
        if not select.select([reading], [], [], NAP_S)[0]:
            continue
        part = os.read(reading, 1 << 16)
        total += len(part)
        if not part or total > LONGEST_REPORT:
            if part:
                yield {"stopped": "it reported more than 16 MB"}
            return
        *lines, received = (received + part).split(b"\n")
        for line in lines:
            data = report_of(line)
            awaited.now = False
            yield data
            if "stopped" in data:
                return
            awaited.now = True


def report_of(line: bytes) -> dict[str, Any]:
    """Return a reported line as an object; "stopped" if it is no strict JSON object.

    Strict JSON has no NaN and no infinity, however it is written.
    """
    try:
        data = json.loads(line, parse_constant=finite, parse_float=finite)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        return data
    return {"stopped": "what it reported is no JSON object"}


def finite(text: str) -> float:
    """Return a number of a JSON text. Raises ValueError if it is none, or infinite."""
    if math.isfinite(number := float(text)):
        return number
    raise ValueError(text)
