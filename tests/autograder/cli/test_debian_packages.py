"""The script that installs Debian's packages for the tests, with a feigned apt-get."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

TOOLS = ("sed", "sh", "tail")
PROGRAMS = ("chromium", "bwrap", "initdb", "npm", "promtool", "python")
APT_GET = 'echo "$*" >>"$CALLS"; echo "no such mirror" >&2; exit "$APT_ENDS_WITH"'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with all that the tests need, apt-get, and a user who is root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, does in {
        **dict.fromkeys(PROGRAMS, "exit 0"),
        "apt-get": APT_GET,
        "id": "echo 0",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    return folder


def run(
    project: Path, programs: Path, apt_ends_with: int = 0
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the script; return how it ended, and what apt-get was called with."""
    calls = programs.parent / "calls"
    calls.touch()
    environment = {**os.environ, "PATH": str(programs), "CALLS": str(calls)}
    environment["APT_ENDS_WITH"] = str(apt_ends_with)
    environment.pop("OUTAGE_CHROMIUM", None)
    done = subprocess.run(
        [project / ".ci" / "debian-packages", "python"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, calls.read_text().splitlines()


def test_where_nothing_is_missing_nothing_is_done(
    project: Path, programs: Path
) -> None:
    """Not even asked for."""
    done, calls = run(project, programs)
    assert (done.returncode, done.stderr, calls) == (0, "", [])


def test_what_is_missing_is_named_and_installed(project: Path, programs: Path) -> None:
    """And nothing else; a Chrome is as good as a Chromium."""
    (programs / "bwrap").unlink()
    (programs / "chromium").rename(programs / "google-chrome")
    (programs / "python").write_text("#!/bin/sh\nexit 1\n")
    done, calls = run(project, programs)
    assert done.returncode == 0
    assert ".ci/debian-packages installs bubblewrap libatomic1" in done.stderr
    install = "install -y --no-install-recommends bubblewrap libatomic1"
    assert calls == ["update", install]


@pytest.mark.parametrize("known", [True, False])
def test_the_browser_is_the_small_one_where_there_is_one(
    project: Path, programs: Path, known: bool
) -> None:
    """Ubuntu has no package of it."""
    (programs / "chromium").unlink()
    (programs / "apt-cache").write_text(f"#!/bin/sh\nexit {0 if known else 100}\n")
    (programs / "apt-cache").chmod(0o755)
    _, calls = run(project, programs)
    browser = "chromium-headless-shell" if known else "chromium"
    assert calls[1].endswith(f" {browser}")


def test_what_apt_get_says_is_shown_where_it_fails(
    project: Path, programs: Path
) -> None:
    """The first failure ends it."""
    (programs / "promtool").unlink()
    done, calls = run(project, programs, apt_ends_with=100)
    assert done.returncode == 1
    assert "apt-get update failed:\nno such mirror" in done.stderr
    assert calls == ["update"]
