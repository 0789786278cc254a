"""The fork servers of this process: one for checks, one for other people's code.

A judgement starts pytest, a supervisor for each fleet, and a Python for the learner's
release each time that it has died. With fork servers, all of these are forks: of a
process that has imported pytest and the judge, or of a process that has imported what a
service or a test suite needs and knows nothing else. Forks of the latter run in a
sandbox like any other process of a learner.
"""

import atexit
import logging
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import Confined, interpreter
from course.outage.errors import ForkServerGone
from course.outage.fleet.forkserver import Forked, ForkServer
from course.outage.tempdirs import own_folder

from .job import FORKED

FOR_CHECKS = (
    "pdb",  # pytest does so, in each run
    "autograder.instruments.plugin",
    "autograder.instruments.observe",
    "course.outage.fleet.supervisor",
    "concurrent.futures.thread",
)
FOR_LEARNER_CODE = (
    "course.outage.fleet.service_imports",
    "autograder.sandbox.suites",
    "autograder.sandbox.join",
)
# An idle machine takes a twentieth of a second. After this, judging goes on, slower.
PROOF_LIMIT_S = 120

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Servers:
    """A pair of fork servers: one for pytest, one for other people's code.

    `folder` is removed even if this process is killed.
    """

    folder: Path
    checks: ForkServer
    service: ForkServer

    @property
    def alive(self) -> bool:
        """Return whether both servers still run."""
        return self.checks.runs and self.service.runs


_lock = threading.Lock()
_running: Servers | None = None
_ends = ExitStack()
_proved = False
_refused = False


def servers(confined: Confined) -> Servers | None:
    """Return this process's fork servers, starting them on first use.

    They end with this process. Returns None where they do not work, such as where a
    fork cannot join a sandbox, and code is to be `confined` in one: a line in the log
    says so, and every process is then started from scratch.
    """
    global _running, _proved, _refused  # one pair a process, whoever judges
    with _lock:
        if _refused or sys.platform != "linux":
            return None
        try:
            if _running is None or not _running.alive:
                _ends.close()
                _running, _proved = None, False
                _running = _started()
            if confined is Confined.SANDBOX and not _proved:
                _prove(_running.service.address, _running.folder)
                _proved = True
        except ForkServerGone as exc:
            _running = None
            _refused = True
            _ends.close()
            log.warning(
                "Judging starts every process anew, which takes longer: %s", exc
            )
        return _running


def _started() -> Servers:
    folder = _ends.enter_context(own_folder("outage-forks-"))
    checks = ForkServer(folder / "checks", [*_plugins(), *FOR_CHECKS], os.environ)
    _ends.callback(checks.close)
    service = for_learner_code(folder)
    _ends.callback(service.close)
    checks.wait_ready()
    service.wait_ready()
    return Servers(folder, checks, service)


def for_learner_code(folder: Path) -> ForkServer:
    """Start the fork server of learners' services and test suites, in `folder`."""
    # Learner code can read its environment, so there is nothing in it to find.
    env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    env["HYPOTHESIS_STORAGE_DIRECTORY"] = str(_cache() / "hypothesis")
    modules = (*_plugins(), *FOR_LEARNER_CODE)
    return ForkServer(folder / "service", modules, env)


def _plugins() -> list[str]:
    # pytest imports its own plugins when it runs; without this, every fork would do so.
    from _pytest.config import default_plugins  # not at the top: notebooks need none

    return [f"_pytest.{name}" for name in default_plugins]


def _cache() -> Path:
    """Return the folder where Hypothesis caches its Unicode tables between runs.

    With them, servers start with 1.5 s less of processor time. The folder is not
    visible in a sandbox.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home, "outage-course")


def _prove(address: str, folder: Path) -> None:
    """Run a module in a fork that joins a sandbox, or raise ForkServerGone."""
    argv = [*interpreter(Confined.SANDBOX), "-m", "platform"]
    with (folder / "output.txt").open("w+b") as output:
        fds = {1: output.fileno(), 2: output.fileno()}
        forked = Forked(address, FORKED[Confined.SANDBOX], argv, fds, "/", {})
        try:
            code = forked.wait(PROOF_LIMIT_S)
        except subprocess.TimeoutExpired:
            forked.kill()
            code = forked.wait()
        output.seek(0)
        text = output.read().decode("utf-8", "replace").strip()
    if code != 0:
        last = text.splitlines()[-1] if text else f"exit code {code}"
        raise ForkServerGone(f"a sandbox cannot be joined here: {last}")


def end() -> None:
    """End this process's fork servers, if there are any."""
    global _running
    with _lock:
        _ends.close()
        _running = None


atexit.register(end)
