"""An instructor's way through nbgrader's own pages, as `outage teach` opens them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab import BROWSER, look
from tests.conftest import copy_project, served_lab
from tests.instructor import NAME, june, solution

pytestmark = [*BROWSER, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A checkout in which two have handed in: the solution, and June's code."""
    root = tmp_path_factory.mktemp("teach") / "project"
    copy_project(project, root)
    notebook = json.loads((root / "exercises" / NAME / f"{NAME}.ipynb").read_text())
    [answer] = [cell for cell in notebook["cells"] if cell["id"] == "dispatcher"]
    for student, text in (("alyssa", solution()), ("ben", june())):
        answer["source"] = text
        folder = root / "autograder" / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook))
    return root


@pytest.fixture(scope="module")
def address(
    course: Path, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The formgrader's, as `outage teach` prints it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTAGE_EXCHANGE", str(tmp_path_factory.mktemp("exchange")))
        with served_lab(project, course.parent, "teach") as address:
            yield address


def test_the_formgrader_grades_and_makes_feedback(
    page: Page, address: str, course: Path
) -> None:
    """By its buttons: generate, autograde, feedback; the scores are the judge's."""
    page.goto(address)
    row = page.locator("tr").filter(has_text=NAME)
    row.locator("td.assign a").click()
    close_dialog(page, "Success")
    root, _, _ = address.partition("/formgrader")
    page.goto(f"{root}/formgrader/manage_submissions/{NAME}")
    for student, score in (("alyssa", "10 / 10"), ("ben", "0 / 10")):
        row = page.locator("tr").filter(has_text=student)
        row.locator("td.autograde a").click()
        close_dialog(page, "Success")
        expect(row.locator("td.status")).to_contain_text("graded")
        expect(row.locator("td.score")).to_contain_text(score)
        row.locator("td.generate-feedback a").click()
        close_dialog(page, "Success")
        feedback = course / "autograder" / "feedback" / student / NAME
        assert (feedback / f"{NAME}.html").exists()
    look(page, "formgrader")


def close_dialog(page: Page, says: str) -> None:
    """Wait for nbgrader's dialog, read its title, and close it."""
    dialog = page.locator(".modal.in, .modal.show").last
    title = dialog.locator(".modal-title")
    expect(title).to_be_visible()
    assert says in title.inner_text(), dialog.inner_text()
    dialog.get_by_role("button", name="OK", exact=True).click()
    expect(page.locator(".modal-backdrop")).to_have_count(0)
