"""What JupyterLab opens with, whatever was open when it ended."""

from pathlib import Path

import pytest

from autograder.cli.layout import FRONT, NOTEBOOK, lay_out, save, saved, workspace
from autograder.cli.workspace import jupyter_folder

LESSONS = [f"{NOTEBOOK}work/course/notebooks/0{number}.ipynb" for number in (1, 2, 3)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose learner has three lessons."""
    for name in LESSONS:
        lesson = tmp_path / name.removeprefix(NOTEBOOK)
        lesson.parent.mkdir(parents=True, exist_ok=True)
        lesson.touch()
    return tmp_path


def opened(project: Path) -> list[str]:
    """JupyterLab's names of what it opens with."""
    lay_out(project)
    names: list[str] = saved(project)["layout-restorer:data"]["main"]["dock"]["widgets"]
    return names


def leave(project: Path, current: str | None) -> None:
    """Leave JupyterLab with all lessons open, and `current` in view."""
    layout = workspace(LESSONS[0])
    layout["data"] |= {name: {"data": {}} for name in LESSONS}
    layout["data"]["layout-restorer:data"]["main"]["current"] = current
    save(project, layout)


def test_the_first_start_opens_the_front_page(project: Path) -> None:
    """Alone, with the table of contents at the left."""
    assert opened(project) == [FRONT]
    left = saved(project)["layout-restorer:data"]["left"]
    assert "toc" in left["current"]


@pytest.mark.parametrize(
    ("current", "last"),
    [(LESSONS[1], LESSONS[1]), (FRONT, LESSONS[2]), (None, LESSONS[2])],
)
def test_the_last_notebook_is_opened_beside_it(
    project: Path, current: str | None, last: str
) -> None:
    """The one that was in view; from the front page, the one opened last."""
    leave(project, current)
    assert opened(project) == [FRONT, last]
    assert opened(project) == [FRONT, last]  # though nothing was opened meanwhile


def test_a_notebook_that_is_gone_is_not_opened(project: Path) -> None:
    """Renamed, or put aside."""
    leave(project, LESSONS[1])
    (project / LESSONS[1].removeprefix(NOTEBOOK)).unlink()
    assert opened(project) == [FRONT]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"data": {"layout-restorer:data": 1}}']
)
def test_a_damaged_layout_is_written_anew(project: Path, text: str) -> None:
    """The course opens all the same."""
    lay_out(project)
    [file] = (jupyter_folder(project) / "workspaces").iterdir()
    file.write_text(text)
    assert opened(project) == [FRONT]
