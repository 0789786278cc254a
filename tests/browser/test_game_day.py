"""A learner's game day, in a real browser: the page, the panel, the module, the fix."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.lab import BROWSER, look, open_notebook, run_cells, write_cell

pytestmark = BROWSER

NAME = "13_game_day"
MARKS = """id => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const cell = notebook.widgets.find(w => w.model.id === id);
    return [cell.model.sharedModel.getSource(), cell.model.getMetadata('nbgrader')];
}"""


def test_an_outage_is_drawn_fought_and_mended(
    page: Page, address: str, project: Path
) -> None:
    """The cell that is run becomes the module, and stays a solution cell."""
    source = project / "autograder" / "source" / NAME / f"{NAME}.ipynb"
    cells = {c["id"]: c["source"] for c in json.loads(source.read_text())["cells"]}
    open_notebook(page, address, f"work/exercises/{NAME}/{NAME}.ipynb")
    run_cells(page, "all-above", at='day.note("I am looking at it")')
    panel = page.locator(".outage-panel")
    expect(panel).to_contain_text("this morning's")
    expect(panel).to_contain_text("of tries fail")
    run_cells(page, "cell", at='day.note("I am looking at it")')
    expect(page.get_by_text("I am looking at it").last).to_be_visible()
    look(page, "game_day_panel")
    run_cells(page, "cell", at="open_module()")
    module = page.locator(".jp-CodeCell").filter(has_text="open_module()")
    expect(module).to_have_count(0)
    text, marks = page.evaluate(MARKS, "lookups")
    assert "class Lookups" in text
    assert "# drawn" not in text
    assert marks["grade_id"] == "lookups"
    look(page, "game_day_module")
    for cell in ("lookups", "postmortem"):
        write_cell(page, cell, "".join(cells[cell]))
        run_cells(page, "cell", at="".join(cells[cell]))
    run_cells(page, "cell", at="day.deploy(Lookups)")
    expect(page.get_by_text("deployed fix 1").last).to_be_visible()
    run_cells(page, "cell", at="day.close()")
    run_cells(page, "cell", at='check("13", Lookups, Postmortem)')
    check = page.locator(".jp-CodeCell").filter(has_text='check("13"')
    expect(check).to_contain_text("All checks pass: 10 of 10 points.")
    look(page, "game_day_checked")
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error']")
    expect(errors).to_have_count(0)
