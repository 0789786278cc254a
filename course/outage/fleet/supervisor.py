"""The supervisor process of a fleet: `python -m course.outage.fleet.supervisor OWNER`.

Reads commands from standard input and writes events to standard output, one JSON object
a line each way (see `Fleet`, its only client). Ends when its standard input does.
"""

import asyncio
import errno
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine
from contextlib import closing, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from course.outage.errors import OutageError, PortInUse
from course.outage.lag import Gauge, Limit
from course.outage.release import Release
from course.outage.telemetry.scrape import read_metrics
from course.outage.tempdirs import locked, sweep
from course.outage.traffic import load as traffic
from course.outage.traffic import messages
from course.outage.traffic.wire import address_of, exchange
from course.service.clock import Loop

from . import reaper
from .clock import FleetClock
from .confinement import DATABASE, Confinement
from .replica import Replica, RestartQueue

SCRAPE_EVERY_S = 0.25
SCRAPE_TIMEOUT_S = 0.5
PROBE_EVERY_S = 0.5
PROBE = "SELECT id FROM orders ORDER BY rowid DESC LIMIT 20"
RUN_FOLDERS = "outage-fleet-"


class Supervisor:
    """One fleet: its replicas, its traffic, its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.replicas: list[Replica] = []
        self._releases = itertools.count()
        self._current: tuple[str, Path] = ("", Path())
        self._shared = socket.socket()
        self._load: asyncio.Task[Any] | None = None
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[Any]] = set()
        self.clock = FleetClock(folder / "clock", Gauge(self._processes))

    def _processes(self) -> list[int]:
        """Return the pids of this process and of the replicas: not all are below us."""
        replicas = [replica.process for replica in self.replicas]
        return [os.getpid(), *(process.pid for process in replicas if process)]

    def limit(self, what: str, seconds: float, cap_s: float | None = None) -> Limit:
        """Return a limit that begins now, in seconds in which the fleet could run."""
        return Limit(what, seconds, self.clock.time, cap_s)

    def emit(self, kind: str, **event: Any) -> None:
        """Write one event for the owner, with the time on the fleet's clock."""
        line = json.dumps({"kind": kind, "t": round(self.clock.time(), 4), **event})
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    # --- commands: the name of each is `do_` and the word that the owner sends

    async def do_start(
        self,
        release: dict[str, Any],
        replicas: int,
        port: int,
        first_backoff_s: float,
        confinement: dict[str, Any] | None,
        unix_sockets: bool,
    ) -> dict[str, Any]:
        """Bind the shared socket and start every replica; return their addresses."""
        confined = Confinement.from_json(confinement) if confinement else None
        self._shared = self._socket(port, "fleet.sock" if unix_sockets else None)
        self._current = self._write_release(release)
        database = self.folder / Path(DATABASE).name
        # Replicas that start together must not race for the change of journal mode: it
        # fails at once, whatever the busy time-out is.
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        restarts = RestartQueue(first_backoff_s)
        self.replicas = [
            Replica(
                i,
                self._shared,
                self._socket(0, f"replica-{i}.sock" if unix_sockets else None),
                database,
                self.clock.fd,
                confined,
                first_backoff_s,
                restarts,
                self.emit,
                self.start_task,
                self.limit,
            )
            for i in range(replicas)
        ]
        async with asyncio.TaskGroup() as starting:
            for replica in self.replicas:
                starting.create_task(replica.start(*self._current))
        if not confined:
            self.start_task(self._scrape())
            self.start_task(self._probe(database))
        return {
            "address": address_of(self._shared),
            "replica_addresses": [replica.address for replica in self.replicas],
            "clock": str(self.clock.path),
        }

    def _socket(self, port: int, name: str | None) -> socket.socket:
        """Return a listening socket: on a port of 127.0.0.1, or `name` in our folder.

        Raises PortInUse.
        """
        if name is not None:
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(self.folder / name))
            listening.listen(2048)
            return listening
        try:
            return socket.create_server(("127.0.0.1", port), backlog=2048)
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE:
                raise
            raise PortInUse(port) from exc

    async def do_deploy(self, release: dict[str, Any]) -> None:
        """Roll a release out, replica by replica.

        A replica that does not start gets the release before back.
        """
        before, after = self._current, self._write_release(release)
        for replica in self.replicas:
            await replica.stop()
            try:
                await replica.start(*after)
            except OutageError:
                # It was ready before the deployment; if it is slow, it is ready later.
                await replica.start(*before, insist=True)
                raise
        self._current = after
        self.emit("deployed", release=after[0])

    async def do_restart(self) -> None:
        """Restart every replica in turn."""
        for replica in self.replicas:
            await replica.stop()
            await replica.start(*self._current)

    async def do_stop_replica(self, replica: int) -> dict[str, Any]:
        """Ask one replica to shut down, and leave it down."""
        return asdict(await self.replicas[replica].stop())

    async def do_catch_up(self) -> None:
        """Do nothing: the reply comes after all events so far."""

    async def do_start_traffic(self, load: dict[str, Any]) -> None:
        """Send `load` until it ends or is stopped."""
        await self.do_stop_traffic()

        def report(try_: traffic.Try) -> None:
            self.emit("try", **vars(try_))

        send = partial(exchange, address_of(self._shared))
        plan = traffic.Load.from_json(load)
        running = traffic.run(plan, send, self.clock.time, report)
        self._load = self.start_task(running)

    async def do_stop_traffic(self) -> None:
        """Stop the traffic; requests under way are given up."""
        if self._load is not None:
            self._load.cancel()
            await asyncio.wait({self._load})
            self._load = None

    # ---

    async def serve(self) -> None:
        """Obey the owner until it closes our standard input, then end the replicas."""
        reader = asyncio.StreamReader(limit=1 << 26)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        # One command after another: a deployment and a restart must not interleave.
        # Reading goes on meanwhile, so that the owner's end is noticed at once.
        commands: asyncio.Queue[bytes] = asyncio.Queue()
        async with self._group:
            self.start_task(self._beat())
            self.start_task(self._obey_all(commands))
            while line := await reader.readline():
                commands.put_nowait(line)
            for task in self._running:
                task.cancel()
        for replica in self.replicas:
            replica.kill()

    async def _obey_all(self, commands: asyncio.Queue[bytes]) -> None:
        while True:
            await self._obey(json.loads(await commands.get()))

    async def _obey(self, command: dict[str, Any]) -> None:
        method = getattr(self, f"do_{command['do']}")
        try:
            reply = {"result": await method(**command["arguments"])}
        except* OutageError as group:
            # Several replicas of one release fail alike; one error is enough.
            exc: BaseException = group
            while isinstance(exc, BaseExceptionGroup):
                exc = exc.exceptions[0]
            reply = {"error": str(exc), "type": type(exc).__name__, "data": vars(exc)}
        self.emit("reply", id=command["id"], **reply)

    async def _beat(self) -> None:
        """Set the clock again and again, and report the time lost to other programs."""
        while True:
            await asyncio.sleep(self.clock.next_set - self.clock.time())
            passed_s, lost_s = self.clock.set()
            self.emit("beat", passed_s=round(passed_s, 4), lost_s=round(lost_s, 4))

    async def _scrape(self) -> None:
        request = messages.http_request(None, path="/metrics")
        while True:
            await asyncio.sleep(SCRAPE_EVERY_S)
            for replica in self.replicas:
                process = replica.process
                if process is None or not replica.ready.is_set():
                    continue
                reply = await exchange(replica.address, request, SCRAPE_TIMEOUT_S)
                if reply.outcome != "ok" or replica.process is not process:
                    continue
                with suppress(ValueError):  # a release may answer with anything
                    self.emit(
                        "scrape",
                        replica=replica.index,
                        pid=process.pid,
                        metrics=read_metrics(reply.text),
                    )

    async def _probe(self, database: Path) -> None:
        """Time a query put to the database itself, past the service and its pool.

        What a replica measures includes its own busy event loop; this does not.
        """
        with closing(sqlite3.connect(database)) as connection:
            while True:
                await asyncio.sleep(PROBE_EVERY_S)
                started = time.perf_counter()
                try:
                    connection.execute(PROBE).fetchall()
                except sqlite3.Error as exc:
                    self.emit("probe", ms=None, error=str(exc))
                else:
                    took_ms = 1000 * (time.perf_counter() - started)
                    self.emit("probe", ms=round(took_ms, 3), error=None)

    def _write_release(self, release: dict[str, Any]) -> tuple[str, Path]:
        folder = self.folder / f"release-{next(self._releases)}"
        Release(**release).write(folder)
        return release["name"], folder

    def start_task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` beside everything else; if it fails, the fleet fails with it."""
        task = self._group.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def main() -> None:
    """Run one fleet for the process whose pid is on the command line."""
    [owner] = sys.argv[1:]
    # The owner's terminal sends Ctrl-C to the owner; it then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sweep(RUN_FOLDERS)  # of fleets that were killed together with their reaper
    folder = Path(tempfile.mkdtemp(prefix=RUN_FOLDERS))
    with locked(folder):
        run(folder, owner)


def run(folder: Path, owner: str) -> None:
    """Run the fleet of process `owner` in `folder`, which is removed at the end."""
    lifeline, ours = os.pipe()
    reaper_argv = [owner, str(os.getpgrp()), str(folder)]
    subprocess.Popen(
        [sys.executable, "-I", "-S", reaper.__file__, *reaper_argv],
        stdin=lifeline,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(lifeline)
    try:
        supervisor = Supervisor(folder)
        with asyncio.Runner(loop_factory=partial(Loop, supervisor.clock)) as runner:
            runner.run(supervisor.serve())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(ours)


if __name__ == "__main__":
    main()
