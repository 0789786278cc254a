"""The fork servers of this process: one for checks, one for what they are made of.

A judgement starts a pytest, a supervisor for each fleet, and a Python that runs the
learner's release each time that it has died. With these, all are forks: of a process
that has imported pytest and the judge, and of one that has imported what a service or a
test suite needs and knows nothing else. The latter's forks run in a sandbox like any
other.
"""

import atexit
import logging
import os
import subprocess
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import Confined, interpreter
from autograder.sandbox.inside.launch import WARM
from course.outage.errors import ForkServerGone
from course.outage.fleet.forkserver import Forked, ForkServer
from course.outage.tempdirs import own_folder

from .job import JOIN

FOR_CHECKS = (
    "autograder.instruments.plugin",
    "autograder.instruments.observe",
    "course.outage.fleet.supervisor",
    "concurrent.futures.thread",
)
# On a quiet machine it takes a twentieth of a second. Who gives up judges on, slower.
PROVED_WITHIN_S = 120

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Servers:
    """Where processes are forked: pytest's, and those of other people's code.

    What lies in `folder` is removed even if this process is killed.
    """

    folder: Path
    checks: ForkServer
    service: ForkServer

    @property
    def run(self) -> bool:
        """Whether both are still there."""
        return self.checks.runs and self.service.runs


_lock = threading.Lock()
_running: Servers | None = None
_ends = ExitStack()
_refused = False


def servers() -> Servers | None:
    """Those of this process, started if need be; None where they do not work.

    They end with this process. Where a sandbox cannot be joined, a line in the log says
    so; every process is then started anew.
    """
    global _running, _refused  # one pair a process, whoever judges
    with _lock:
        if _refused or (_running is not None and _running.run):
            return _running
        _ends.close()
        _running = None
        try:
            _running = _started()
        except ForkServerGone as exc:
            _refused = True
            _ends.close()
            log.warning(
                "Judging starts every process anew, which takes longer: %s", exc
            )
        return _running


def _started() -> Servers:
    folder = _ends.enter_context(own_folder("outage-forks-"))
    # pytest imports its own plugins once it runs, and each fork would do so again.
    from _pytest.config import default_plugins  # not at the top: notebooks need none

    plugins = [f"_pytest.{name}" for name in default_plugins]
    checks = ForkServer(folder / "checks", [*plugins, *FOR_CHECKS], os.environ)
    _ends.callback(checks.close)
    # Test suites of learners are forked there as well as their services. Learner code
    # can read its environment: there is nothing in it.
    env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    env["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
    modules = (*WARM, *plugins, "autograder.sandbox.suites", "autograder.sandbox.join")
    service = ForkServer(folder / "service", modules, env)
    _ends.callback(service.close)
    checks.wait_ready()
    service.wait_ready()
    _prove(service.address, folder)
    return Servers(folder, checks, service)


def _prove(address: str, folder: Path) -> None:
    """Run something in a fork in a sandbox. Raises ForkServerGone."""
    words = [*interpreter(Confined.SANDBOX), "-m", "platform"]
    with (folder / "said.txt").open("w+b") as said:
        fds = {1: said.fileno(), 2: said.fileno()}
        forked = Forked(address, JOIN, words, fds, "/", {})
        try:
            code = forked.wait(PROVED_WITHIN_S)
        except subprocess.TimeoutExpired:
            forked.kill()
            code = forked.wait()
        said.seek(0)
        text = said.read().decode("utf-8", "replace").strip()
    if code != 0:
        last = text.splitlines()[-1] if text else f"exit code {code}"
        raise ForkServerGone(f"a sandbox cannot be joined here: {last}")


def end() -> None:
    """End those of this process, if there are any."""
    global _running
    with _lock:
        _ends.close()
        _running = None


atexit.register(end)
