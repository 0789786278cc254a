"""`outage doctor`: what this machine can and cannot do, each with its remedy."""

import json
import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import typer
from rich.table import Table
from rich.text import Text

from autograder.sandbox import SandboxUnavailable, prove
from course.outage import Fleet, OutageError, Release
from course.outage.traffic.load import Load

from .chromium import find_chromium
from .errors import Exit
from .packages import asked_for, not_installed
from .shared import PROJECT, AsJson, out

LEAST_FREE_MB = 500

# How many seconds one second of a fleet takes, over two seconds of traffic: 1.0 to 1.2
# on two idle cores, 1.5 to 3 beside two busy loops a core. From there on learners would
# rather wait until the other work is done.
QUIET_UP_TO, BUSY_UP_TO = 1.5, 4.0
MEASURED_S = 2.0
BUSY = (
    "This machine is busy, or slow: lessons and grading take {:.1f} times as long, and"
    " show the same. Close programs that use the processor to have it quicker."
)
TOO_BUSY = (
    "This machine is very busy: lessons may say that they cannot tell, and show a"
    " recorded run instead; grading will judge some submissions twice. Close programs"
    " that use the processor, or wait until they are done."
)


@dataclass(frozen=True)
class Finding:
    """A finding about this machine: `missing` stops the course, `limited` a part."""

    what: str
    state: Literal["ok", "limited", "missing"]
    found: str
    remedy: str = ""


def doctor(as_json: AsJson = False) -> None:
    """Print every finding; end with exit code 3 if the course cannot run here."""
    findings = list(examine(PROJECT))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        table = Table("", "what", "found", "what to do", box=None, padding=(0, 2))
        marks = {
            "ok": Text("✓", "green"),
            "limited": Text("~", "yellow"),
            "missing": Text("✗", "red"),
        }
        for item in findings:
            table.add_row(marks[item.state], item.what, item.found, item.remedy)
        out.print(table)
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(Exit.ENVIRONMENT)


def examine(project: Path) -> Iterator[Finding]:
    """Yield a finding about everything that the course needs."""
    yield system()
    yield python()
    yield packages(project)
    yield loopback()
    yield processes()
    yield speed()
    yield disk(project)
    yield browser()
    yield sandbox()
    yield promtool()


def system() -> Finding:
    """Check the operating system: Linux, macOS, or Windows by way of WSL2."""
    name = platform.system()
    if name in {"Linux", "Darwin"}:
        return Finding("operating system", "ok", f"{name} {platform.release()}")
    remedy = "On Windows run the course inside WSL2 (wsl --install)."
    return Finding("operating system", "missing", name, remedy)


def python() -> Finding:
    """Report which Python runs this; before 3.11, it would not have come this far."""
    version = f"Python {platform.python_version()}"
    return Finding("Python", "ok", f"{version}, {sys.executable}")


def packages(project: Path) -> Finding:
    """Check the packages that learners need, without the tools of the tests."""
    names = asked_for(project)
    missing = not_installed(names)
    if not missing:
        return Finding("packages", "ok", f"all {len(names)} found")
    remedy = "Delete .venv and run any ./outage command: it makes it anew."
    return Finding("packages", "missing", f"not found: {', '.join(missing)}", remedy)


def loopback() -> Finding:
    """Check that a server can listen on 127.0.0.1."""
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return Finding("loopback network", "ok", "a server can listen on 127.0.0.1")
    except OSError as exc:
        remedy = "Allow servers on 127.0.0.1 (firewall, container settings)."
        return Finding("loopback network", "missing", str(exc), remedy)


def processes() -> Finding:
    """Check for two cores, so that traffic and replicas do not starve each other."""
    cores = os.cpu_count() or 1
    if cores >= 2:
        return Finding("processor", "ok", f"{cores} cores")
    remedy = "Live parts may be slow to start; give the machine two cores if you can."
    return Finding("processor", "limited", "1 core", remedy)


def speed() -> Finding:
    """Measure this machine's slowdown, on a real fleet under traffic."""
    started = time.monotonic()
    try:
        with Fleet(Release.named("good"), replicas=2) as fleet:
            ready_s = time.monotonic() - started
            since = fleet.telemetry.now
            fleet.start_traffic(Load(rate=60))
            fleet.telemetry.wait(MEASURED_S)
            slowdown = fleet.telemetry.slowdown(since)
    except OutageError as exc:
        return Finding("speed", "limited", str(exc), TOO_BUSY)
    measured = (
        f"two replicas are ready after {ready_s:.1f} s; a second of the fleet takes"
        f" {slowdown:.1f} s"
    )
    if slowdown <= QUIET_UP_TO:
        return Finding("speed", "ok", measured)
    remedy = BUSY.format(slowdown) if slowdown <= BUSY_UP_TO else TOO_BUSY
    return Finding("speed", "limited", measured, remedy)


def disk(project: Path) -> Finding:
    """Check for room for a fleet's databases and logs, and for saved notebooks."""
    places = {project, Path(tempfile.gettempdir())}
    free_mb = min(shutil.disk_usage(place).free for place in places) // 2**20
    if free_mb >= LEAST_FREE_MB:
        return Finding("disk", "ok", f"{free_mb:,} MB free")
    remedy = f"Free some space, at least {LEAST_FREE_MB} MB."
    return Finding("disk", "missing", f"{free_mb} MB free", remedy)


def browser() -> Finding:
    """Look for a Chromium for the browser tests; learners may use any browser."""
    chromium = find_chromium()
    if chromium:
        return Finding("browser for the tests", "ok", str(chromium))
    remedy = (
        "`./outage test` installs one where it can; `./outage test --fast` needs none."
    )
    return Finding("browser for the tests", "limited", "no Chromium found", remedy)


def sandbox() -> Finding:
    """Try the sandbox, which confines other people's code when a class is graded."""
    try:
        prove()
    except SandboxUnavailable as exc:
        remedy = f"Only instructors need it. {exc.remedy}"
        return Finding("sandbox for grading", "limited", exc.reason, remedy)
    return Finding("sandbox for grading", "ok", f"{shutil.which('bwrap')} works")


def promtool() -> Finding:
    """Look for promtool; without it, exercise 09's rule files are only read."""
    path = shutil.which("promtool")
    if path:
        return Finding("promtool", "ok", path)
    remedy = (
        "Grading exercise 09 needs it; learners can do without. Debian and Ubuntu:"
        " apt-get install prometheus; macOS: brew install prometheus."
    )
    return Finding("promtool", "limited", "not found", remedy)
