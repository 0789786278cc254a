"""`outage test`: the project's own tests, and the programs that some of them need."""

import os
import shutil
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from autograder.sandbox import SandboxUnavailable, prove

from .chromium import find_chromium
from .errors import Exit, NotPossibleHere
from .packages import asked_for, not_installed
from .shared import PROJECT, err

DEBIAN_PACKAGES = ".ci/debian-packages"
WORKERS_PER_CORE = 2  # most tests wait: for answers, ends, silence
# Among parallel tests, one of processes or browsers may find the machine busy: a test
# that fails is run once more, and named at the end.
AGAIN = ("--reruns", "1", "-r", "R")


class Part(Enum):
    """A part of the tests, as the marks of the tests that it leaves out."""

    ALL = ("load",)
    FAST = ("load", "slow", "browser")
    QUICK = ("load", "slow", "browser", "process")


def test(
    quick: Annotated[
        bool, typer.Option("--quick", help="Only those that start no process: seconds.")
    ] = False,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Leave out browser and long live runs: minutes."),
    ] = False,
    pytest_arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="Passed on to pytest, after --, such as -k NAME, or -n 0: no workers."
        ),
    ] = None,
) -> None:
    """Run pytest on a part of the tests, or on all after installing what they need."""
    part = Part.QUICK if quick else Part.FAST if fast else Part.ALL
    if not (PROJECT / "tests").exists():
        raise NotPossibleHere(
            "this is the learners' package, which comes without the project's"
            " tests. ./outage doctor says whether the course runs here."
        )
    if missing := not_installed(asked_for(PROJECT, "test")):
        raise NotPossibleHere(
            f"the tests need {', '.join(missing)}, not installed here."
            " ./outage test adds them; with conda: pip install --group test"
        )
    environment = dict(os.environ)
    # Hundreds of processes import the project: compile it once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    left_out = list(part.value)
    workers = 0  # that is, the quick tests run in pytest's own process
    if part is Part.ALL:
        environment["OUTAGE_CHROMIUM"] = str(prepare_chromium())
        if not prepare_proxy():
            err.print(
                "outage: leaving out the test of JupyterHub, which needs root, its"
                " users, and npm.",
                style="yellow",
            )
            left_out.append("hub")
    if part is not Part.QUICK:
        workers = WORKERS_PER_CORE * (os.cpu_count() or 1)
        left_out += lacking()
    marks = " and ".join(f"not {mark}" for mark in left_out)
    command = [
        sys.executable,
        "-m",
        "pytest",
        *(["-m", marks] if marks else []),
        "-n",
        str(workers),
        "--durations",
        "10",
        *(AGAIN if part is not Part.QUICK else ()),
        *(pytest_arguments or []),
    ]
    done = subprocess.run(command, cwd=PROJECT, env=environment, check=False)
    if done.returncode:
        fell_short = done.returncode == 1
        raise typer.Exit(Exit.FELL_SHORT if fell_short else Exit.ENVIRONMENT)


def prepare_chromium() -> Path:
    """Return a Chromium that Playwright can drive, installing it where it is missing.

    As root on Debian, it comes from Debian's packages, with everything else that the
    tests need; elsewhere, from Playwright. Raises NotPossibleHere.
    """
    if shutil.which("apt-get") and os.geteuid() == 0:
        # The script prints what it installs, and what went wrong.
        script = ["sh", DEBIAN_PACKAGES, sys.executable]
        environment = {"OUTAGE_CHROMIUM": str(find_chromium() or "")}
        done = subprocess.run(
            script, cwd=PROJECT, env={**os.environ, **environment}, check=False
        )
        ready = done.returncode == 0
    else:
        ready = (find_chromium() and driver_runs()) or fetch_chromium()
    chromium = find_chromium()
    if not ready or chromium is None or not driver_runs():
        raise NotPossibleHere(
            "no Chromium for the browser tests. Install Chromium or Chrome, or name"
            " one: OUTAGE_CHROMIUM=/path/to/it. Without one, `./outage test --fast`"
            " runs all the other tests."
        )
    return chromium


def fetch_chromium() -> bool:
    """Have Playwright fetch its Chromium; return whether it succeeded."""
    err.print("Fetching Playwright's Chromium for the browser tests ...")
    return succeeds([sys.executable, "-m", "playwright", "install", "chromium"])


def prepare_proxy() -> bool:
    """Install JupyterHub's proxy if it is missing; return whether it is there."""
    hub = PROJECT / "autograder" / "hub"
    if os.geteuid() != 0 or shutil.which("npm") is None:
        return False
    if (hub / "node_modules").exists():
        return True
    err.print("Fetching JupyterHub's proxy for its test ...")
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    return succeeds(command, cwd=hub)


def succeeds(command: list[str], cwd: Path = PROJECT) -> bool:
    """Run a command; return whether it succeeded; if not, print its last errors."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        err.print(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.returncode == 0


def driver_runs() -> bool:
    """Return whether Playwright's own Node.js starts here."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def lacking() -> list[str]:
    """Return the marks of tests that cannot run on this machine, and print why."""
    left_out = []
    try:
        prove()
    except SandboxUnavailable as exc:
        err.print(
            f"outage: leaving out the tests of the sandbox. {exc}", style="yellow"
        )
        left_out.append("sandbox")
    if not has_postgresql():
        err.print(
            "outage: leaving out the test of PostgreSQL, which is not installed.",
            style="yellow",
        )
        left_out.append("postgresql")
    return left_out


def has_postgresql() -> bool:
    """Return whether PostgreSQL's server is installed; Debian keeps it off the path."""
    known = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return bool(shutil.which("initdb") or list(known))
