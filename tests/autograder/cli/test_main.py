"""The table of commands, and what becomes of the errors that they raise."""

import subprocess
import sys
from importlib import import_module

import pytest

from autograder.cli.errors import FellShort, NotPossibleHere, WrongUsage
from autograder.gradebook.errors import (
    AlreadyGrading,
    ClusterLost,
    GradebookRefused,
    IntakeRefused,
    NothingToGrade,
)
from autograder.judge.errors import (
    ExerciseNotFound,
    JudgeError,
    JudgingFailed,
    KnownAnswerNotFound,
    NotebookUnreadable,
)
from autograder.sandbox import SandboxUnavailable
from course.outage.errors import OutageError, ReleaseNotFound

# The package's `main` is the function of this module.
MAIN = import_module("autograder.cli.main")

CALL_ALL = """
import sys
from autograder.cli.main import COMMANDS, app

def loaded():
    return {name for name in COMMANDS if f"autograder.cli.{name}" in sys.modules}

app(["--help"], standalone_mode=False)
assert not loaded(), loaded()
assert "autograder.judge" not in sys.modules
for name in COMMANDS:
    before = loaded()
    app([name, "--help"], standalone_mode=False)
    assert loaded() - before == {name}, (name, loaded() - before)
"""


@pytest.mark.process
def test_a_command_is_imported_when_it_is_called(environment: dict[str, str]) -> None:
    """And not before, nor with another; each has a module of its name."""
    done = subprocess.run(
        [sys.executable, "-c", CALL_ALL],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def end_of_main(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> object:
    """Return the exit code of a command that raises `error`."""

    def raises(prog_name: str) -> None:
        raise error

    monkeypatch.setattr(MAIN, "app", raises)
    with pytest.raises(SystemExit) as ended:
        MAIN.main()
    return ended.value.code


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1, FellShort),
        (1, OutageError),
        (1, ReleaseNotFound),
        (2, WrongUsage),
        (2, JudgeError),
        (2, ExerciseNotFound),
        (2, KnownAnswerNotFound),
        (2, NotebookUnreadable),
        (2, NothingToGrade),
        (2, IntakeRefused),
        (2, GradebookRefused),
        (3, NotPossibleHere),
        (3, JudgingFailed),
        (3, SandboxUnavailable),
        (3, ClusterLost),
        (3, AlreadyGrading),
    ],
)
def test_an_error_is_told_in_one_style_and_has_its_exit_code(
    code: int,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On standard error, as it is written: [brackets] are no markup."""
    exc = error.__new__(error)
    exc.args = ("no [red] here",)
    assert end_of_main(monkeypatch, exc) == code
    assert capsys.readouterr() == ("", "outage: no [red] here\n")


def test_any_other_error_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a bug of ours."""
    with pytest.raises(ZeroDivisionError):
        end_of_main(monkeypatch, ZeroDivisionError())


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """As shells expect it."""
    assert end_of_main(monkeypatch, KeyboardInterrupt()) == 130
