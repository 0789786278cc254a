"""Starts the processes of one replica: forks, where there is a fork server for them."""

import asyncio
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from . import forkserver, warm
from .confinement import Confinement
from .forkserver import Forked

# The variables of ours that a replica sees: enough to run, with nothing to find there.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

LONGEST_LINE = 1 << 20


class ForkedProcess:
    """A forked process as asyncio has them; `stdout` has its standard error, too."""

    def __init__(self, forked: Forked, stdout: asyncio.StreamReader) -> None:
        self.pid = forked.pid
        self.stdout = stdout
        self.kill, self.send_signal = forked.kill, forked.send_signal
        self._forked = forked
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(forked.connection, self._end)

    @property
    def returncode(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._forked.returncode

    async def wait(self) -> int:
        """Wait for the end of the process, and return its exit code."""
        await self._ended.wait()
        return self._forked.wait()

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._forked.connection)
        self._forked.ended()
        self._ended.set()


Process = asyncio.subprocess.Process | ForkedProcess


class Spawner:
    """Starts processes of `python -m course.service` that listen on `sockets`.

    `sockets` are descriptors, and `clock` is that of the file of the fleet's clock.
    """

    def __init__(
        self,
        sockets: tuple[int, ...],
        database: Path,
        clock: int,
        confinement: Confinement | None,
    ) -> None:
        self._sockets = sockets
        self._clock = clock
        self._passed = (*sockets, clock)
        self._database = database
        self._confinement = confinement or Confinement(forked=warm.MAIN)
        self._forks = ""
        if self._confinement.forked:
            self._forks = self._confinement.forks or forkserver.ours or ""

    async def start(self, folder: Path) -> Process:
        """Start a process of the release written in `folder`."""
        argv = [*self._confinement.interpreter, "-m", "course.service"]
        argv += ["--database", str(self._database)]
        for fd in self._sockets:
            argv += ["--fd", str(fd)]
        argv += ["--clock", str(self._clock)]
        if self._forks:
            return await self._fork(argv, folder)
        return await asyncio.create_subprocess_exec(
            *argv,
            cwd=folder,
            env={**passed_on(os.environ), "PYTHONUNBUFFERED": "1"},
            pass_fds=self._passed,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            limit=LONGEST_LINE,
        )

    async def _fork(self, argv: list[str], folder: Path) -> ForkedProcess:
        reading, writing = os.pipe()
        fds = {1: writing, 2: writing} | {fd: fd for fd in self._passed}
        try:
            forked = Forked(
                self._forks,
                self._confinement.forked,
                argv,
                fds,
                str(folder),
                passed_on(os.environ),
            )
        finally:
            os.close(writing)
        output = asyncio.StreamReader(limit=LONGEST_LINE)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(reading, "rb")
        )
        return ForkedProcess(forked, output)


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of `environment` that a replica may see."""
    return {name: environment[name] for name in PASSED_ON if name in environment}
