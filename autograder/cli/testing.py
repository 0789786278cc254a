"""`outage test`: the project's own tests, and the programs that some of them need."""

import os
import shutil
import subprocess
import sys
from enum import Enum
from pathlib import Path

from rich.console import Console

from autograder.sandbox import SandboxUnavailable, prove

from .packages import asked_for, not_installed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
WORKERS_PER_CORE = 2  # most tests wait: for answers, ends, silence
REMEDY = (
    "Install Chromium or Chrome, or name one: OUTAGE_CHROMIUM=/path/to/it. Without one,"
    " `./outage test --fast` runs all the other tests."
)


class Part(Enum):
    """How much of the tests: the marks of what is left out."""

    ALL = ("load",)
    FAST = ("load", "slow", "browser")
    QUICK = ("load", "slow", "browser", "process")


def run(project: Path, part: Part, arguments: list[str], err: Console) -> int:
    """Run pytest on a part of the tests. Returns an exit code of the command."""
    if not (project / "tests").exists():
        err.print(
            "outage: this is the learners' package, which comes without the project's"
            " tests. ./outage doctor says whether the course runs here.",
            style="red",
        )
        return 3
    if missing := not_installed(asked_for(project, "test")):
        err.print(
            f"outage: the tests need {', '.join(missing)}, not installed here."
            " ./outage test adds them; with conda: pip install --group test",
            style="red",
            highlight=False,
        )
        return 3
    environment = dict(os.environ)
    # Hundreds of processes import the project: compile it once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    left_out = list(part.value)
    workers = 0  # in this case: the tests run in pytest's own process
    if part is Part.ALL:
        chromium = prepare_programs(err)
        if chromium is None:
            err.print(
                f"outage: no Chromium for the browser tests. {REMEDY}", style="red"
            )
            return 3
        environment["OUTAGE_CHROMIUM"] = str(chromium)
        if not prepare_proxy(project, err):
            err.print(
                "outage: leaving out the test of JupyterHub, which needs root, its"
                " users, and npm.",
                style="yellow",
            )
            left_out.append("hub")
    if part is not Part.QUICK:
        workers = WORKERS_PER_CORE * (os.cpu_count() or 1)
        left_out += lacking(err)
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
        *arguments,
    ]
    done = subprocess.run(command, cwd=project, env=environment, check=False)
    return 1 if done.returncode == 1 else done.returncode and 3


def lacking(err: Console) -> list[str]:
    """Return the marks of tests that need what this machine lacks, having said so."""
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


def find_chromium() -> Path | None:
    """A Chromium or Chrome on this machine: named, on the path, or Playwright's own."""
    named = os.environ.get("OUTAGE_CHROMIUM")
    if named:
        return Path(named) if Path(named).exists() else None
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    if MAC.exists():
        return MAC
    caches = (
        Path.home() / ".cache/ms-playwright",
        Path.home() / "Library/Caches/ms-playwright",
    )
    for cache in caches:
        for own in sorted(cache.glob("chromium-*/*/*hrom*"), reverse=True):
            if own.is_file() and os.access(own, os.X_OK):
                return own
    return None


def prepare_programs(err: Console) -> Path | None:
    """A Chromium that Playwright can drive, installed where it is missing; else None.

    As root on Debian from its packages, with what else tests need; elsewhere the
    Chromium that Playwright brings.
    """
    missing = [] if find_chromium() else ["chromium"]
    is_debian = shutil.which("apt-get") is not None and os.geteuid() == 0
    if is_debian and shutil.which("bwrap") is None:
        missing.append("bubblewrap")
    if is_debian and not has_postgresql():
        missing.append("postgresql")
    if is_debian and shutil.which("npm") is None:
        missing.append("npm")
    if is_debian and shutil.which("promtool") is None:
        missing.append("prometheus")
    if not driver_runs():
        missing.append("libatomic1")  # its Node.js needs it; not in Debian's base
    if not missing:
        return find_chromium()
    if is_debian:
        err.print(f"Installing {' and '.join(missing)} for the tests ...")
        commands = [
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", *missing],
        ]
    else:
        err.print("Fetching Playwright's Chromium for the browser tests ...")
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in commands:
        done = subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        )
        if done.returncode:
            words = " ".join(command)
            err.print(f"{words} failed:\n{done.stderr[-2000:]}", markup=False)
            return None
    return find_chromium() if driver_runs() else None


def prepare_proxy(project: Path, err: Console) -> bool:
    """JupyterHub's proxy, installed where it is missing; False if it cannot be."""
    hub = project / "autograder" / "hub"
    if os.geteuid() != 0 or shutil.which("npm") is None:
        return False
    if (hub / "node_modules").exists():
        return True
    err.print("Fetching JupyterHub's proxy for its test ...")
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=hub, capture_output=True, text=True, check=False)
    if done.returncode:
        err.print(f"npm ci failed:\n{done.stderr[-2000:]}", markup=False)
    return done.returncode == 0


def has_postgresql() -> bool:
    """Whether a server of PostgreSQL is installed; Debian keeps it off the path."""
    known = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return bool(shutil.which("initdb") or list(known))


def driver_runs() -> bool:
    """Whether Playwright's own Node.js starts here."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
