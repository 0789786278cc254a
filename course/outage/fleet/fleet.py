"""The owner's end of a fleet: commands to its supervisor, events from it."""

import asyncio
import itertools
import json
import os
import queue
import subprocess
import threading
import weakref
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from course.outage import errors
from course.outage.errors import FleetGone, OutageError
from course.outage.release import Release
from course.outage.telemetry.series import Telemetry
from course.outage.tempdirs import require_room
from course.outage.traffic import wire
from course.outage.traffic.load import Load
from course.service.clock import Loop, SharedClock

from . import forkserver, warm
from .confinement import Confinement
from .replica import FIRST_BACKOFF_S, Stop

T = TypeVar("T")
Replies = dict[int, "queue.SimpleQueue[dict[str, Any]]"]

# A supervisor reports a beat twenty times a second.
SILENT_FOR_S = 120.0
CLOSE_WITHIN_S = 10.0


class Fleet:
    """`replicas` processes of `release` behind one loopback port, kept running.

        with Fleet(Release.named("bad"), replicas=2) as fleet:
            fleet.start_traffic(Load(rate=60, malformed=0.01))

    `port` 0 takes a free one. With `unix_sockets`, the fleet listens on a Unix socket
    instead; so it does under `confinement`, in which replicas are started that run
    other people's code. `telemetry` is one that somebody reads while the fleet starts.
    A replica that ends is started again after `first_backoff_s`, and after twice as
    long each further time. Every process of the fleet ends with the `with` block, and
    within seconds if the owner dies in whatever way. All methods raise OutageError.
    """

    def __init__(
        self,
        release: Release,
        replicas: int = 2,
        port: int = 0,
        first_backoff_s: float = FIRST_BACKOFF_S,
        confinement: Confinement | None = None,
        unix_sockets: bool = False,
        telemetry: Telemetry | None = None,
    ) -> None:
        require_room()
        self.release = self._release_before = release
        self.telemetry = telemetry or Telemetry()
        self._ids = itertools.count()
        self._replies: Replies = {}
        self._last_words: deque[str] = deque(maxlen=20)
        its_input, ours = os.pipe()
        events, its_output = os.pipe()
        self._commands = os.fdopen(ours, "wb")
        try:
            self._process = forkserver.start(
                "course.outage.fleet.supervisor",
                [str(os.getpid())],
                {0: its_input, 1: its_output, 2: its_output},
                os.environ,
                server=forkserver.ours or warm.address(),
            )
        finally:
            os.close(its_input)
            os.close(its_output)
        self._close_input = weakref.finalize(self, _close_input, self._commands)
        reports = os.fdopen(events, "rb")
        self._reader = threading.Thread(
            target=_read_events,
            args=(reports, self.telemetry, self._replies, self._last_words),
            daemon=True,
        )
        self._reader.start()
        try:
            started = self._do(
                "start",
                release=_as_json(release),
                replicas=replicas,
                port=port,
                first_backoff_s=first_backoff_s,
                confinement=confinement and confinement.to_json(),
                unix_sockets=unix_sockets or confinement is not None,
            )
        except BaseException:
            self.close()
            raise
        self._clock: str = started["clock"]
        self.address: wire.Address = started["address"]
        self.replica_addresses: list[wire.Address] = started["replica_addresses"]

    @property
    def pid(self) -> int:
        """Return the pid of the supervisor."""
        return self._process.pid

    @property
    def port(self) -> int:
        """Return the loopback port of a fleet that listens on one."""
        assert isinstance(self.address, int), "it listens on a Unix socket"
        return self.address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def deploy(self, release: Release) -> None:
        """Roll `release` out to one replica after another; wait until each is ready.

        Raises ReleaseDoesNotStart, and leaves the release before it in place.
        """
        self._do("deploy", release=_as_json(release))
        self._release_before, self.release = self.release, release

    def rollback(self) -> None:
        """Roll the release before this one out again. Another rollback undoes it."""
        self.deploy(self._release_before)

    def restart(self) -> None:
        """Restart all replicas, one after another."""
        self._do("restart")

    def stop_replica(self, index: int) -> Stop:
        """Ask one replica to shut down, and return how it ended; it stays down.

        It gets a SIGTERM, and after 3 s a SIGKILL.
        """
        return Stop(**self._do("stop_replica", replica=index))

    def start_traffic(self, load: Load) -> None:
        """Send `load` from now on, in place of the traffic so far."""
        self._do("start_traffic", load=load.to_json())

    def stop_traffic(self) -> None:
        """Stop the traffic; requests under way are given up."""
        self._do("stop_traffic")

    def wait_ready(self, within_s: float) -> bool:
        """Wait until every replica is ready; return False if one is late or stays down.

        `within_s` counts seconds in which the fleet could run. Raises MachineTooBusy.
        """
        wanted = len(self.replica_addresses)
        self.telemetry.wait_for(lambda t: t.ready() == wanted or t.down() > 0, within_s)
        return self.telemetry.ready() == wanted

    def send(self, raw: bytes, timeout_s: float = 2.0) -> wire.Response:
        """Send one request of your own to the fleet, and return the answer.

        `timeout_s` counts seconds in which the fleet could run. Raises MachineTooBusy.
        """
        return self.send_all([raw], timeout_s)[0]

    def send_all(
        self, raws: Sequence[bytes], timeout_s: float = 2.0
    ) -> list[wire.Response]:
        """Send requests of your own to the fleet all at once, and return the answers.

        Each of them has `timeout_s`, as for `send`. Raises MachineTooBusy.
        """
        limit = self.telemetry.limit("an answer", timeout_s)
        return wire.send_all(self.address, raws, limit)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`, on an event loop that keeps the fleet's time.

        Clients whose patience goes by another clock than the service's would meet
        another service on a busy machine.
        """
        with open(self._clock, "rb") as file:
            clock = SharedClock(file.fileno())
        with asyncio.Runner(loop_factory=partial(Loop, clock)) as runner:
            return runner.run(work)

    def catch_up(self) -> None:
        """Wait until the telemetry has all events that the supervisor has seen by now.

        A process is started only after the exit of the one before it was reported: if
        no exit is known after an answer and this call, there has been none.
        """
        self._do("catch_up")

    def close(self) -> None:
        """Stop all processes of the fleet; safe to call twice."""
        self._close_input()
        try:
            self._process.wait(CLOSE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # The reaper ends the replicas.
            self._process.wait()
        self._reader.join()

    def _answer(self, reply: "queue.SimpleQueue[dict[str, Any]]") -> dict[str, Any]:
        """Return the reply; wait as long as events come. Raises queue.Empty."""
        while True:
            latest = self.telemetry.now
            try:
                return reply.get(timeout=SILENT_FOR_S)
            except queue.Empty:
                if self.telemetry.now == latest:
                    raise

    def _do(self, command: str, **arguments: Any) -> Any:
        number = next(self._ids)
        reply = self._replies[number] = queue.SimpleQueue()
        line = json.dumps({"do": command, "id": number, "arguments": arguments})
        try:
            self._commands.write(line.encode() + b"\n")
            self._commands.flush()
            answer = self._answer(reply)
        except (OSError, ValueError, queue.Empty) as exc:
            raise FleetGone(_gone(self._last_words)) from exc
        finally:
            del self._replies[number]
        if "error" not in answer:
            return answer.get("result")
        # Made anew on our side of the pipe: same class, message and data.
        error = OutageError.__new__(getattr(errors, answer["type"]))
        error.args = (answer["error"],)
        vars(error).update(answer["data"])
        raise error


def _read_events(
    lines: IO[bytes], telemetry: Telemetry, replies: Replies, last_words: deque[str]
) -> None:
    # Runs in a thread, and so must not hold on to the fleet: one that the owner has
    # dropped ends by being collected.
    with lines:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                last_words.append(line.decode("utf-8", "replace"))
                continue
            if event["kind"] == "reply":
                if reply := replies.get(event["id"]):
                    reply.put(event)
            else:
                telemetry.add(event)
    telemetry.end()
    gone = {"error": _gone(last_words), "type": "FleetGone", "data": {}}
    for reply in list(replies.values()):
        reply.put(gone)


def _gone(last_words: Iterable[str]) -> str:
    output = "".join(last_words) or "(it left no message)\n"
    return (
        "The fleet's supervisor has ended; start a new fleet. If it cannot find one"
        f" of its modules, run ./outage doctor. It said:\n{output}"
    )


def _close_input(commands: IO[bytes]) -> None:
    # The supervisor takes this as the end of its owner.
    with suppress(BrokenPipeError):  # it has ended already
        commands.close()


def _as_json(release: Release) -> dict[str, Any]:
    return {"name": release.name, "modules": dict(release.modules)}
