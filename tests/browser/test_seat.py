"""The learner's seat: the front page, kernels that end, what a restart opens."""

from pathlib import Path

import nbformat
from playwright.sync_api import Page, expect

from autograder.cli.layout import FRONT, NOTEBOOK, save, workspace
from autograder.cli.workspace import FRONT_PAGE
from tests.browser.lab import (
    BROWSER,
    IS_IDLE,
    OPEN,
    look,
    open_notebook,
    run_cells,
    write_cell,
)
from tests.conftest import copy_project, served_lab

pytestmark = BROWSER

LESSON = "work/course/notebooks/02_crash.ipynb"
EXERCISE = "work/exercises/02_crash/02_crash.ipynb"
RUNNING = """() => [...window.jupyterapp.serviceManager.sessions.running()]
    .map(session => session.path)"""
HAS_NO_KERNEL = f"path => !({RUNNING})().includes(path)"
OPENED = """() => [...window.jupyterapp.shell.widgets('main')]
    .map(widget => widget.context?.path)"""
FITS = """() => [...document.querySelectorAll('.outage-front, .outage-front *')]
    .every(part => part.getBoundingClientRect().right
        <= part.closest('.jp-Notebook').getBoundingClientRect().right)"""


def test_the_front_page_leads_to_the_first_lesson(
    page: Page, address: str, folder: Path
) -> None:
    """Without code in sight, a kernel or a dialog; one click goes there."""
    (folder / "project" / "work" / "journal.jsonl").unlink(missing_ok=True)
    page.goto(address)
    onward = page.get_by_role("link", name="Continue")
    expect(onward).to_be_visible()
    expect(page.locator(".outage-front .replay")).to_contain_text("A recording")
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    code = page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea")
    expect(code.locator("visible=true")).to_have_count(0)
    assert f"work/{FRONT_PAGE}" not in page.evaluate(RUNNING)
    for width in (1440, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            look(page, f"front_page_{theme}_{width}")
        assert page.evaluate(FITS)
    onward.click()
    expect(page.get_by_role("heading", name="01 · The page")).to_be_visible()


def test_the_next_part_ends_the_kernel_of_the_last_one(
    page: Page, address: str, folder: Path
) -> None:
    """Its output stays, in view and on disk. Looking back ends no kernel."""
    lesson = folder / "project" / LESSON
    before = lesson.read_bytes()
    open_notebook(page, address, LESSON)
    write_cell(page, "cell-04", "print(6 * 7)")
    run_cells(page, "cell", at="6 * 7")
    output = page.locator(".jp-OutputArea-output").filter(has_text="42")
    expect(output).to_be_visible()
    page.wait_for_function(IS_IDLE, arg=LESSON)
    page.evaluate(OPEN, EXERCISE)
    page.wait_for_function(IS_IDLE, arg=EXERCISE)
    page.wait_for_function(HAS_NO_KERNEL, arg=LESSON)
    [cell] = [c for c in nbformat.read(lesson, 4).cells if c.id == "cell-04"]
    assert cell.outputs[0].text == "42\n"
    page.evaluate(OPEN, LESSON)
    expect(output).to_be_visible()
    assert page.evaluate(RUNNING) == [EXERCISE]
    lesson.write_bytes(before)  # as other tests find it


def test_a_restart_opens_the_front_page_and_the_last_notebook(
    page: Page, project: Path, tmp_path: Path
) -> None:
    """Whatever was open. The table of contents is in view, the file browser is not."""
    copy = tmp_path / "project"
    copy_project(project, copy)
    last = f"{NOTEBOOK}{LESSON}"
    layout = workspace(last)
    layout["data"] |= {f"{NOTEBOOK}work/more_{n}.ipynb": {"data": {}} for n in range(9)}
    layout["data"]["layout-restorer:data"]["main"]["current"] = last
    save(copy, layout)
    mine = copy / LESSON
    mine.parent.mkdir(parents=True)
    mine.write_bytes((copy / LESSON.removeprefix("work/")).read_bytes())
    with served_lab(project, tmp_path) as address:
        page.goto(address)
        expect(page.get_by_role("link", name="Continue")).to_be_visible()
        page.evaluate("() => window.jupyterapp.restored")
        assert page.evaluate(OPENED) == [FRONT.removeprefix(NOTEBOOK), LESSON]
        expect(page.locator(".jp-TableOfContents").first).to_be_visible()
        expect(page.locator(".jp-FileBrowser")).to_be_hidden()
        page.goto("about:blank")
