"""One replica: a process of the service that is started again whenever it ends."""

import asyncio
import json
import signal
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.outage.errors import MachineTooBusy, OutageError, ReleaseDoesNotStart
from course.outage.lag import Limit, first_of
from course.outage.traffic import messages
from course.outage.traffic.wire import Address, address_of, exchange

from .confinement import Confinement
from .launch import LONGEST_LINE, Process, Spawner

TOO_MUCH_OUTPUT = (
    b'{"event": "sandbox.stopped", "level": "critical",'
    b' "used": "more output than it may write"}'
)

Emit = Callable[..., None]
SetLimit = Callable[..., Limit]
StartTask = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]

# A crashing process is started again after a delay that doubles, as by Kubernetes (10
# s, 20 s … 5 min, from the start again after 10 min of health: "CrashLoopBackOff"),
# only faster; and no two at once, or the second would find an empty backlog, because
# the first takes all of it. With 1% of 60 requests a second malformed there is one
# every 1.7 s, so 2 s after another replica has started, one is always waiting.
# Measured: started together, or sooner, replicas had moments without one, and 5 to 16%
# of requests succeeded during the outage.
FIRST_BACKOFF_S, LONGEST_BACKOFF_S, FORGIVEN_AFTER_S = 2.0, 4.0, 10.0

# In seconds in which its process could run.
READY_WITHIN_S = 20.0
START_CAP_S = 60.0
STOP_WITHIN_S = 3.0
LAST_WORDS_WITHIN_S = 2.0
TRIES_TO_START = 3
LONGEST_LAST_WORD = 250  # characters of each line that is quoted

# Of what confined replicas may write, a line takes LINE_COST bytes at least, and each
# comma in it COMMA_COST more: to read a line takes time, and what stands between commas
# may become an object. 16 million empty lines kept a supervisor busy for minutes.
LINE_COST, COMMA_COST = 2_048, 64

# A line nested deeper than any log's is somebody's attempt on a JSON parser's stack.
DEEPEST_RECORD = 100


@dataclass(frozen=True)
class Stop:
    """The end of a process that was asked to stop.

    `exit_code` is None if it was not running. It took `seconds`, and was `killed` if it
    had not ended by itself in time.
    """

    exit_code: int | None
    seconds: float
    killed: bool


class RestartQueue:
    """Lets replicas restart one at a time, `spacing_s` after the one before was up."""

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._lock = asyncio.Lock()
        self._not_before = 0.0

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None, None]:
        """Wait for a turn; it lasts until the process is ready or has ended."""
        async with self._lock:
            await asyncio.sleep(self._not_before - _now())
            try:
                yield
            finally:
                self._not_before = _now() + self._spacing_s


class Replica:
    """Keeps one process of a release running, and reports its events by `emit`.

    A process that has ended is started again after a delay, in its turn. It listens on
    the fleet's shared socket and on the `private` one, at `address`, on which this
    replica alone can be asked for its health and metrics.
    """

    def __init__(
        self,
        index: int,
        shared: socket.socket,
        private: socket.socket,
        database: Path,
        clock: int,
        confinement: Confinement | None,
        first_backoff_s: float,
        restarts: RestartQueue,
        emit: Emit,
        start_task: StartTask,
        limit: SetLimit,
    ) -> None:
        self.index = index
        self.ready = asyncio.Event()
        self.process: Process | None = None
        self.address: Address = address_of(private)
        self._private = private
        sockets = shared.fileno(), private.fileno()
        self._spawner = Spawner(sockets, database, clock, confinement)
        # The bytes that it may still write; None is no limit.
        self._output_left = confinement.output_bytes if confinement else None
        self._ready_within_s = READY_WITHIN_S
        if confinement:
            self._ready_within_s = confinement.ready_within_s
        self._first_backoff_s = first_backoff_s
        self._restarts = restarts
        self._emit = emit
        self._start_task = start_task
        self._limit = limit
        self._keeper: asyncio.Task[None] | None = None
        self._failed: asyncio.Future[int] | None = None
        self._output: asyncio.Task[None] | None = None
        self._last_lines: deque[str] = deque(maxlen=12)
        self._release, self._folder = "", Path()

    async def start(self, release: str, folder: Path, insist: bool = False) -> None:
        """Run the release written in `folder`; return once it is ready.

        Raises ReleaseDoesNotStart if it ends TRIES_TO_START times before that (a
        malformed request may kill a healthy one in its first moment), or takes longer
        than it may; MachineTooBusy if it got no chance to. It is stopped then; but with
        `insist` nothing is raised, and it is started again until it is ready.
        """
        self._release, self._folder = release, folder
        self._failed = asyncio.get_running_loop().create_future()
        self._keeper = self._start_task(self._keep())
        ready = asyncio.create_task(self.ready.wait())
        try:
            what = f"replica {self.index} of the release {release!r}, which starts,"
            limit = self._limit(what, self._ready_within_s, START_CAP_S)
            await first_of({ready, self._failed}, limit)
            if not ready.done():
                code = self._failed.result() if self._failed.done() else None
                lines = "\n".join(self._last_lines)
                raise ReleaseDoesNotStart(release, code, lines, *limit.spent_s())
        except OutageError:
            if insist:
                return
            with suppress(MachineTooBusy):
                await self.stop()
            raise
        finally:
            ready.cancel()

    async def stop(self) -> Stop:
        """Stop the process and leave it stopped: SIGTERM, after STOP_WITHIN_S SIGKILL.

        Raises MachineTooBusy if it was killed and had had no chance to end by itself.
        """
        process, started = self.process, _now()
        if self._keeper is not None:
            self._keeper.cancel()
        if process is None:
            return Stop(None, 0.0, killed=False)
        self._signal(process, signal.SIGTERM)
        ended = self._start_task(process.wait())
        killed = True
        try:
            limit = self._limit("the end of a process, asked to go,", STOP_WITHIN_S)
            killed = not await first_of({ended}, limit)
        finally:
            if killed:
                self._signal(process, signal.SIGKILL)
            await ended
            self._ended(process, asked=True)
        seconds = round(_now() - started, 3)
        return Stop(process.returncode, seconds, killed)

    def kill(self) -> None:
        """End the process now, at the end of the fleet."""
        if self._keeper is not None:
            self._keeper.cancel()
        if self.process is not None:
            self._signal(self.process, signal.SIGKILL)

    async def _keep(self) -> None:
        backoff, tries = self._first_backoff_s, 0
        # The first start of a release is its deployment's; restarts take turns.
        turn: AbstractAsyncContextManager[None] = nullcontext()
        while True:
            started = _now()
            async with AsyncExitStack() as life:
                async with turn:
                    process = await self._spawn()
                    ended = self._start_task(process.wait())
                    watch = self._start_task(self._watch_readiness())
                    life.callback(watch.cancel)
                    self._output = self._start_task(self._read_output(process))
                    tasks: set[asyncio.Task[Any]] = {ended, watch}
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                await ended
                # A grandchild may hold the pipe open: do not wait for it.
                with suppress(MachineTooBusy):
                    limit = self._limit("last words", LAST_WORDS_WITHIN_S)
                    await first_of({self._output}, limit)
            tries = 0 if self.ready.is_set() else tries + 1
            self._ended(process, asked=False)
            wrote_too_much = self._output_left is not None and self._output_left <= 0
            gives_up = tries >= TRIES_TO_START or wrote_too_much
            if self._failed and not self._failed.done() and gives_up:
                self._failed.set_result(process.returncode or 0)
            if wrote_too_much:
                self._report("down", process)
                return
            if _now() - started > FORGIVEN_AFTER_S:
                backoff = self._first_backoff_s
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, LONGEST_BACKOFF_S)
            turn = self._restarts.take()

    async def _spawn(self) -> Process:
        self._last_lines.clear()
        self.process = process = await self._spawner.start(self._folder)
        self._report("started", process)
        return process

    async def _watch_readiness(self) -> None:
        # The socket listens before the process does, so one request waits its turn.
        request = messages.http_request(None, path="/readyz")
        while (await exchange(self.address, request, READY_WITHIN_S)).status != 200:  # noqa: ASYNC110 - we wait for another process
            await asyncio.sleep(0.05)
        self.ready.set()
        if self.process is not None:
            self._report("ready", self.process)

    async def _read_output(self, process: Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
                cost = cost_of(line)
            except ValueError:
                line = b"(a line of more than 1 MiB was dropped)\n"
                cost = LONGEST_LINE
            if not line:
                return
            if self._output_left is not None:
                if self._output_left <= 0:
                    continue  # it has been killed; the pipe must still be emptied
                self._output_left -= cost
                if self._output_left <= 0:
                    self._signal(process, signal.SIGKILL)
                    line = TOO_MUCH_OUTPUT
            text = line.decode("utf-8", "replace").rstrip("\n")
            self._last_lines.append(text[:LONGEST_LAST_WORD])
            self._emit(
                "log", replica=self.index, pid=process.pid, record=record_of(text)
            )

    def _ended(self, process: Process, asked: bool) -> None:
        if self.process is process:
            self.process = None
            self.ready.clear()
            code = process.returncode
            self._report("exited", process, exit_code=code, asked=asked)

    def _report(self, state: str, process: Process, **more: object) -> None:
        self._emit(
            "process",
            replica=self.index,
            pid=process.pid,
            state=state,
            release=self._release,
            **more,
        )

    @staticmethod
    def _signal(process: Process, signum: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it ended by itself in the meantime
            process.send_signal(signum)


def _now() -> float:
    """Return the time on the clock of the fleet, in seconds."""
    return asyncio.get_running_loop().time()


def cost_of(line: bytes) -> int:
    """Return how many bytes of what a replica may write a line of its output takes."""
    return max(LINE_COST, len(line) + COMMA_COST * line.count(b","))


def record_of(line: str) -> dict[str, Any]:
    """Return a line of the log as a record; if it is no JSON object, as an `event`.

    What names the event, the level and the logger is text in it, whatever was logged.
    """
    if line.count("[") + line.count("{") <= DEEPEST_RECORD:
        with suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict):
                names = record.keys() & {"event", "level", "logger"}
                return record | {name: as_text(record[name]) for name in names}
    return {"event": line}


def as_text(value: object) -> str:
    """Return a value of a JSON text as text; text stays as it is."""
    return value if isinstance(value, str) else json.dumps(value)
