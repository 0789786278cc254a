"""The `outage` command, as a user types it: output, exit codes, clear errors."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from autograder.cli.copies import changed_front_page, prepare, show_the_way
from autograder.cli.screen import bars
from autograder.cli.workspace import FRONT_PAGE, own_copy
from tests.conftest import PROJECT, served_lab

pytestmark = pytest.mark.process


def outage(
    *words: str, cwd: Path | None = None, project: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    """Run one command of `project` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_help_names_every_command_and_the_exit_codes() -> None:
    """Worth reading."""
    text = outage("--help").stdout
    for word in (
        "learn",
        "teach",
        "replay",
        "check",
        "hint",
        "progress",
        "reset",
        "grade",
        "report",
        "package",
        "calibrate",
        "doctor",
        "build",
        "test",
    ):
        assert f" {word} " in text
    assert "Exit codes" in text


def test_wrong_usage_ends_with_2() -> None:
    """An unknown command, a value out of range."""
    assert outage("lern").returncode == 2
    assert outage("replay", "--replicas", "0").returncode == 2


def test_doctor_finds_this_machine_fit() -> None:
    """It runs our tests, after all; each limit comes with a remedy."""
    done = outage("doctor", "--json")
    assert done.returncode == 0, done.stdout
    for finding in json.loads(done.stdout):
        assert finding["state"] in {"ok", "limited"}
        assert finding["state"] == "ok" or finding["remedy"]


def test_check_judges_a_notebook_and_says_so_by_its_exit_code(project: Path) -> None:
    """0 for the solution, 1 for the untouched exercise; JSON for programs."""
    name = "05_stop_the_bleeding"
    solved = project / "autograder" / "source" / name / f"{name}.ipynb"
    untouched = project / "exercises" / name / f"{name}.ipynb"
    done = outage("check", "05", "--notebook", str(solved))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 of 10 points" in done.stdout
    done = outage("check", "05", "--notebook", str(untouched), "--json")
    assert done.returncode == 1
    assert all(
        check["outcome"] == "failed" for check in json.loads(done.stdout)["checks"]
    )


def test_check_watch_judges_again_when_the_notebook_is_saved(
    project: Path, tmp_path: Path
) -> None:
    """Red, then green after the save, until it is interrupted."""
    name = "05_stop_the_bleeding"
    notebook = tmp_path / f"{name}.ipynb"
    shutil.copy(project / "exercises" / name / f"{name}.ipynb", notebook)
    words = ["check", "05", "--watch", "--notebook", str(notebook)]
    watching = subprocess.Popen(
        [sys.executable, "-u", "-m", "autograder.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    solution = project / "autograder" / "source" / name / f"{name}.ipynb"
    done = threading.Event()

    def save() -> None:
        # Again and again: nothing tells when the watch has begun.
        while not done.wait(1):
            shutil.copy(solution, notebook)

    saver = threading.Thread(target=save)
    overdue = threading.Timer(300, watching.kill)
    overdue.start()
    assert watching.stdout is not None
    with watching.stdout as lines:
        verdicts = (line for line in lines if "of 10 points" in line)
        try:
            assert ": 0 of 10 points" in next(verdicts)
            saver.start()
            assert any("10 of 10 points" in line for line in verdicts)
        finally:
            done.set()
            watching.send_signal(signal.SIGINT)
        assert watching.wait(60) == 0
    overdue.cancel()
    saver.join()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check", "77"], "05_stop_the_bleeding"),
        (["check", "05", "--notebook", "nowhere.ipynb"], "there is no such file"),
    ],
)
def test_check_of_nothing_ends_with_2(words: list[str], says: str) -> None:
    """And names what is there instead."""
    done = outage(*words)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())


def test_replay_of_an_unknown_release_lists_the_known_ones() -> None:
    """Before anything is started."""
    done = outage("replay", "--release", "worse", "--json")
    assert done.returncode == 1
    assert "Known: good, bad" in done.stderr


def test_replay_into_no_folder_is_told_before_the_run() -> None:
    """Or a minute's run would be lost at its end."""
    done = outage("replay", "--record", "nowhere/run.jsonl.gz", "--json")
    assert done.returncode == 2
    assert "no folder nowhere" in done.stderr


def test_learn_on_a_port_in_use_offers_another() -> None:
    """Exit code 3: it is this machine's matter."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = outage("learn", "--no-browser", "--port", str(port))
    assert done.returncode == 3
    assert "Leave --port out" in done.stderr


def test_learn_serves_the_front_page_and_ends_on_interrupt(
    project: Path, tmp_path: Path
) -> None:
    """At the address it prints, also for a second one; Ctrl-C ends it at once."""
    with served_lab(project, tmp_path) as address:
        assert "work/course/notebooks/00_start.ipynb" in address
        with urllib.request.urlopen(address, timeout=10) as page:
            assert b"JupyterLab" in page.read()
        copy = tmp_path / "project"
        second = outage("learn", "--no-browser", cwd=copy, project=copy)
        assert second.returncode == 0
        assert "open already" in second.stdout
        assert address in second.stdout
    assert (tmp_path / "project" / "work" / "exercises").is_dir()


def test_the_learners_copies_are_made_once_and_kept(tmp_path: Path) -> None:
    """Whatever the learner has done to them."""
    original = tmp_path / "course" / "notebooks" / "01.ipynb"
    original.parent.mkdir(parents=True)
    nbformat.write(new_notebook(), original)
    assert "1 notebook" in prepare(tmp_path)[0]
    own_copy(tmp_path, original).write_text("mine")
    assert prepare(tmp_path) == []
    assert own_copy(tmp_path, original).read_text() == "mine"


def test_a_copy_of_a_notebook_that_was_renamed_goes_on(tmp_path: Path) -> None:
    """Under the new name, which the course's links lead to."""
    original = tmp_path / "course" / "notebooks" / "05_stop_the_bleeding.ipynb"
    original.parent.mkdir(parents=True)
    nbformat.write(new_notebook(), original)
    mine = own_copy(tmp_path, original)
    mine.parent.mkdir(parents=True)
    mine.with_name("05_bleeding.ipynb").write_text("mine")
    assert prepare(tmp_path) == []
    assert mine.read_text() == "mine"
    assert not mine.with_name("05_bleeding.ipynb").exists()


def test_the_front_page_shows_the_way_before_anything_is_run(tmp_path: Path) -> None:
    """As JupyterLab reads it; `learn` says how to mend a broken page."""
    original = tmp_path / FRONT_PAGE
    original.parent.mkdir(parents=True)
    shutil.copy(PROJECT / FRONT_PAGE, original)
    prepare(tmp_path)
    show_the_way(tmp_path)
    page = own_copy(tmp_path, original)
    assert "<strong>13 · Game day</strong>" in page.read_text()
    assert "Next: lesson 01" in page.read_text()
    assert changed_front_page(tmp_path) == []
    page.write_text("{")
    show_the_way(tmp_path)
    assert page.read_text() == "{"
    assert "reset 00" in changed_front_page(tmp_path)[0]


def test_reset_lays_a_fresh_notebook_and_keeps_the_old(tmp_path: Path) -> None:
    """Of the exercise, or of the lesson; an unknown number ends with 2."""
    for folder in ("course", "autograder", "exercises", "solutions"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    path = "exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb"
    mine = tmp_path / "work" / path
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = outage("reset", "05", cwd=tmp_path, project=tmp_path)
    assert done.returncode == 0, done.stderr
    assert mine.read_bytes() == (tmp_path / path).read_bytes()
    [kept] = (tmp_path / "work" / "kept").iterdir()
    assert kept.read_text() == "mine"
    assert outage("reset", "05", "--lesson", cwd=tmp_path, project=tmp_path).stdout
    assert (tmp_path / "work/course/notebooks/05_stop_the_bleeding.ipynb").exists()
    done = outage("reset", "55", cwd=tmp_path, project=tmp_path)
    assert done.returncode == 2
    assert "Known: 00, 01" in done.stderr


def test_bars_are_as_tall_as_their_values() -> None:
    """The tallest is the top, and what is above it too."""
    assert bars([0, 0.5, 1, 2], top=1.0) == " ▄██"
