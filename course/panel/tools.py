"""Command-line tools that lessons run, each in a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from course.outage import Fleet

# Colors would stand in the text that a lesson looks at.
PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": "0"}


def python(code: str, *options: str) -> str:
    """Run `code` in a new Python with `options`; return the last line it printed.

    That is the last line of its traceback, if it raised.
    """
    done = _run([*options, "-c", code])
    return (done.stdout or done.stderr).strip().rpartition("\n")[2]


def ruff(modules: Mapping[str, str], rules: str) -> list[str]:
    """Return ruff's findings in `modules`, which maps names to text, one a line.

    `rules` are its rules or groups of them, such as "B,S110".
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, text in modules.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        check = ["-m", "ruff", "check", "--isolated", "--no-cache", "--quiet"]
        check += ["--select", rules, "--output-format", "concise", "."]
        return _run(check, folder).stdout.splitlines()


def schemathesis(fleet: Fleet, *options: str) -> list[str]:
    """Return the kinds of failure that Schemathesis finds in `fleet`, and its totals.

    It makes up to 30 requests for each operation of the published schema, always the
    same ones, and looks for answers with a 5xx.
    """
    run = ["-m", "schemathesis.cli", "run", "--max-examples", "30", "--seed", "7"]
    run += ["--checks", "not_a_server_error", "--phases", "fuzzing", "--no-color"]
    run += ["--generation-database", "none", *options]
    with tempfile.TemporaryDirectory() as folder:  # it leaves one behind
        done = _run([*run, f"http://127.0.0.1:{fleet.port}/openapi.json"], folder)
    lines = [line.strip() for line in done.stdout.splitlines()]
    return [line for line in lines if line.startswith("- ") or " generated" in line]


def _run(
    arguments: list[str], folder: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **PLAIN},
        capture_output=True,
        text=True,
        check=False,
    )
