"""Questions in a lesson: asked, answered, and read again without the kernel."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.lab import (
    BROWSER,
    close_notebooks,
    look,
    open_notebook,
    run_cells,
    write_cell,
)

pytestmark = BROWSER

LESSON = "work/course/notebooks/05_stop_the_bleeding.ipynb"
ASK = """
from course.panel import Parsons, predict, recall
predict("05 quiet")
Parsons.named("handler_order").show()
predict("05 rolling")
recall("05")
"""
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
END_KERNEL = """() => window.jupyterapp.shell.currentWidget.sessionContext
    .shutdown()"""


def test_what_was_answered_is_read_again_without_the_kernel(
    page: Page, address: str, folder: Path
) -> None:
    """By mouse and by keys; then the notebook is saved, and opened anew."""
    open_notebook(page, address, LESSON)
    write_cell(page, "cell-02", ASK)
    run_cells(page, "cell", at="handler_order")
    asked = page.locator(".outage-prediction")
    asked.first.get_by_label("b)").check()
    asked.first.get_by_role("button", name="Commit", exact=True).click()
    expect(asked.first).to_contain_text("Committed to b).")
    parsons = page.locator(".outage-parsons")
    first, second = parsons.locator("li code").all_text_contents()[:2]
    parsons.locator("li").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(parsons.locator("li code").first).to_have_text(second)
    parsons.locator("li").nth(1).drag_to(parsons.locator("li").first)
    expect(parsons.locator("li code").first).to_have_text(first)
    parsons.get_by_role("button", name="Check the order").click()
    expect(parsons).to_contain_text("lines stand in the right place.")
    expect(page.get_by_text("Answer both questions")).to_be_visible()
    for number in (2, 3):
        asked.nth(number).get_by_label("a)").check()
        asked.nth(number).get_by_role("button", name="Commit", exact=True).click()
        expect(asked.nth(number)).to_contain_text("✓ right")
    expect(page.get_by_text("Lesson 05 is done. Next:")).to_be_visible()
    look(page, "cards")
    page.evaluate(SAVE)
    page.evaluate(END_KERNEL)
    close_notebooks(page)
    saved = json.loads((folder / "project" / LESSON).read_text())
    outputs = [out for cell in saved["cells"] for out in cell.get("outputs", [])]
    assert len(outputs) == 6
    assert not any("widget" in kind for out in outputs for kind in out["data"])
    open_notebook(page, address, LESSON)
    expect(asked).to_have_count(4)
    expect(asked.first).to_contain_text("Committed to b).")
    expect(asked.nth(1)).to_contain_text("Run this cell again to answer.")
    expect(asked.nth(2)).to_contain_text("✓ right")
    expect(page.locator(".outage-parsons")).to_contain_text("Run this cell again")
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
