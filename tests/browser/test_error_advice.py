"""What goes wrong at a learner's desk ends in a sentence, and the course goes on."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import BROWSER, open_notebook, run_cells, write_cell

pytestmark = BROWSER

EXERCISE = "work/exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb"
CHECK = 'check("05", dispatch)'
HANGS = """
import asyncio
import time
from dataclasses import dataclass

from course.service.routing import Backend

@dataclass
class Lookup:
    header: bytes
    reply: asyncio.Future[Backend]

async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    while True:
        await lookups.get()
        time.sleep(3600)
"""


def outputs_of(page: Page, cell: str) -> Locator:
    """What stands below the cell that holds the text `cell`."""
    return page.locator(".jp-CodeCell").filter(has_text=cell).locator(".jp-OutputArea")


def test_a_restart_in_the_middle_says_what_to_do(page: Page, address: str) -> None:
    """A cell of the lesson in a kernel that knows nothing of the fleet any more."""
    open_notebook(page, address, "work/course/notebooks/01_page.ipynb")
    run_cells(page, "cell", at='stage.run("deployed"')
    output = outputs_of(page, "The new release is out").first
    expect(output).to_contain_text("“stage” is not defined in this kernel")
    expect(output).to_contain_text("Run All Above Selected Cell")


def test_the_check_run_before_the_answer_says_which_cell(
    page: Page, address: str
) -> None:
    """The name that it wants is not there yet."""
    open_notebook(page, address, EXERCISE)
    run_cells(page, "cell", at=CHECK)
    expect(outputs_of(page, CHECK).first).to_contain_text(
        "“dispatch” is not defined in this kernel"
    )


def test_an_answer_that_is_no_python_is_not_judged(page: Page, address: str) -> None:
    """Nor is the version before it; once it is mended, it is."""
    open_notebook(page, address, EXERCISE)
    run_cells(page)
    output = outputs_of(page, CHECK).first
    expect(output).to_contain_text("Not all checks pass yet")
    write_cell(page, "dispatcher", "async def dispatch(lookups):\n    while True")
    run_cells(page, "cell", at="async def dispatch")
    expect(page.get_by_text("SyntaxError").first).to_be_visible()
    run_cells(page, "cell", at=CHECK)
    expect(output).to_contain_text("Mend that cell, run it, then run this one again")
    expect(output).not_to_contain_text("Traceback")
    write_cell(page, "dispatcher", HANGS)
    run_cells(page, "cell", at="async def dispatch")
    run_cells(page, "cell", at=CHECK)
    expect(output).to_contain_text("Not all checks pass yet: 0 of 10 points.")


def test_two_notebooks_each_have_a_fleet_of_their_own(page: Page, address: str) -> None:
    """At once; a port that is taken by the other is told."""
    start = "from course.outage import Fleet, Release\nfleet = Fleet({})\nprint({})"
    for notebook in ("02_crash", "03_hypothesis"):
        open_notebook(page, address, f"work/course/notebooks/{notebook}.ipynb")
        asked = 'Release.named("good"), replicas=1'
        write_cell(page, "cell-02", start.format(asked, "'port', fleet.port"))
        run_cells(page, "cell", at="print('port'")
        expect(outputs_of(page, "print('port'").first).to_contain_text("port")
    open_notebook(page, address, "work/course/notebooks/04_line.ipynb")
    text = (
        'import socket\nother = socket.create_server(("127.0.0.1", 0))\n'
        "port = other.getsockname()[1]\n"
        + start.format('Release.named("good"), port=port', "0")
    )
    write_cell(page, "cell-02", text)
    run_cells(page, "cell", at="create_server")
    output = outputs_of(page, "create_server").first
    expect(output).to_contain_text("is in use by another program")
    expect(output).not_to_contain_text("Traceback")
