"""JupyterLab as tests handle it: open a notebook, write and run cells, look."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

BROWSER = [
    pytest.mark.browser,
    # Playwright leaves its event loop's sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CHROMIUM_OPTIONS = [
    "--no-sandbox",  # root in a container cannot have it; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm is small or missing in containers
    "--disable-background-networking",
]

# A whole lesson fits in here; nothing waits longer than what it waits for.
LONG_MS = 900_000
expect.set_options(timeout=LONG_MS)

# The command's result is a widget, which cannot leave the browser.
OPEN = """async path => { await window.jupyterapp.commands.execute(
    'docmanager:open', {path, factory: 'Notebook'}); }"""
IS_IDLE = """path => {
    const shown = window.jupyterapp.shell.currentWidget;
    return shown?.context?.path === path
        && shown.sessionContext.session?.kernel?.status === 'idle';
}"""
CLOSE_ALL = """() => {
    for (const shown of [...window.jupyterapp?.shell.widgets('main') ?? []])
        shown.dispose();
}"""


def open_notebook(page: Page, address: str, path: str) -> None:
    """Open a notebook of the learner's, and nothing else; wait until its kernel idles.

    JupyterLab is loaded where it is not there yet, which takes several times as long as
    to open a notebook in it.
    """
    close_notebooks(page)
    if not page.evaluate("() => Boolean(window.jupyterapp)"):
        root, _, token = address.partition("/lab/tree/")
        page.goto(f"{root}/lab?reset&{token.partition('?')[2]}")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored")
    page.evaluate(OPEN, path)
    page.wait_for_function(IS_IDLE, arg=path)


def laid_anew(folder: Path, path: str) -> str:
    """Put a fresh copy into the learner's place of an exercise, and forget the journal.

    JupyterLab may have saved what another test has written. Returns the path in work/.
    """
    work = folder / "project" / "work"
    shutil.copy(folder / "project" / path, work / path)
    (work / "journal.jsonl").unlink(missing_ok=True)
    return f"work/{path}"


def close_notebooks(page: Page) -> None:
    """Close all that is open in JupyterLab, if it is there; nothing is saved."""
    page.evaluate(CLOSE_ALL)
    if page.locator(".jp-Dialog").count():  # of a test that has failed
        page.goto("about:blank")


def run_cells(page: Page, which: str = "all-cells", at: str = "") -> None:
    """Start the "cell" that holds `at`, or "all-above" or "all-below" it, or all."""
    # Returns at once. JupyterLab's own promise ends only with the last cell.
    page.evaluate(
        """([which, at]) => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = notebook.widgets.findIndex(
                cell => cell.model.sharedModel.getSource().includes(at));
            window.jupyterapp.commands.execute('notebook:run-' + which);
        }""",
        [which, at],
    )


def write_cell(page: Page, cell: str, text: str) -> None:
    """Put `text` into the cell with the id `cell`."""
    page.evaluate(
        """([id, text]) => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            const cell = notebook.widgets.find(w => w.model.id === id);
            cell.model.sharedModel.setSource(text);
        }""",
        [cell, text],
    )


def shown_notebook(page: Page) -> nbformat.NotebookNode:
    """Return the notebook that is shown, with its outputs."""
    return nbformat.from_dict(
        page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.model.toJSON()"
        )
    )


def look(page: Page, name: str) -> None:
    """Keep a screenshot for human eyes, if OUTAGE_SCREENSHOTS names a folder."""
    if kept := os.environ.get("OUTAGE_SCREENSHOTS"):
        page.screenshot(path=Path(kept) / f"{name}.png")
