"""A learner's way through the course, in a real browser: look, run, fail, pass."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import end_kernels
from tests.browser.lab import (
    BROWSER,
    laid_anew,
    look,
    open_notebook,
    run_cells,
    shown_notebook,
    write_cell,
)
from tests.test_lessons import (
    IN_THE_BROWSER,
    LESSONS,
    TOO_BUSY,
    assert_says_what_is_so,
    raised,
)

pytestmark = BROWSER

EXERCISE = "05_stop_the_bleeding"
ALL_HAVE_RUN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .every(cell => cell.model.type !== 'code' || cell.model.executionCount)"""
LIVE = """
from course.outage import Release
from course.outage.traffic.load import Load
from course.panel import IncidentPanel, Stage
stage = Stage("01")
with stage.run("live", Release.named("good"), Load(rate=60, seed=1)) as live:
    live.watch(2, "The good release")
"""
ON_THE_SAME_FLEET = """
panel = IncidentPanel(stage.fleet, Load(rate=60))
panel.show()
"""
PANEL = """
from course.outage import Fleet, Release
from course.outage.traffic.load import Load
from course.panel import IncidentPanel
fleet = Fleet(Release.named("good"), replicas=2)
panel = IncidentPanel(fleet, Load(rate=60))
panel.show()
"""


def picture(page: Page) -> str:
    """The live chart as it is drawn now."""
    return page.locator(".outage-chart").last.inner_html()


def progress(copy: Path) -> dict[str, Any]:
    """What `outage progress --json` says there, by part."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "progress", "--json"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=True,
    )
    return {part["part"]: part for part in json.loads(done.stdout)["parts"]}


def test_lesson_01_runs_and_its_chart_moves(page: Page, address: str) -> None:
    """From top to bottom, with a prediction committed on the way; all it says is so."""
    open_notebook(page, address, f"work/course/notebooks/{IN_THE_BROWSER}.ipynb")
    run_cells(page, "all-above", at="POISON = Load(")
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error']")
    chart = page.locator(".outage-chart")
    expect(chart.or_(errors).first).to_be_attached()
    skip_if_too_busy(page)
    page.wait_for_function(
        "before => [...document.querySelectorAll('.outage-chart')].at(-1)"
        "?.innerHTML !== before",
        arg=picture(page),
    )
    prediction = page.locator(".outage-prediction").filter(has_text="How many of the")
    prediction.get_by_label("d) Less than one in ten").check()
    prediction.get_by_role("button", name="Commit", exact=True).click()
    expect(prediction).to_contain_text("Committed to d)")
    expect(prediction.get_by_role("radio")).to_have_count(0)
    run_cells(page, "all-below", at="POISON = Load(")
    pictures = page.locator("svg[aria-label*='processes died']")
    expect(pictures.nth(4).or_(errors).first).to_be_attached()
    skip_if_too_busy(page)
    expect(pictures).to_have_count(5)
    expect(page.get_by_text("ALERT: high error rate").first).to_be_visible()
    outputs = page.locator(".jp-OutputArea-output")
    told = outputs.filter(has_text="d) Less than one in ten ✓ observed")
    expect(told).to_contain_text("As you predicted.")
    expect(outputs.filter(has_text="spent by 90 minutes")).to_be_visible()
    # The panel has been replaced by a picture that a saved notebook keeps.
    expect(page.locator(".outage-panel")).to_have_count(1)
    expect(page.locator(".outage-panel button")).to_have_count(0)
    expect(errors).to_have_count(0)
    page.wait_for_function(ALL_HAVE_RUN)
    for question, answer in (
        ("burn rate?", "b) 10"),
        ("What is the deployment?", "a) The cause"),
    ):
        recall = page.locator(".outage-prediction").filter(has_text=question)
        recall.get_by_label(answer).check()
        recall.get_by_role("button", name="Commit", exact=True).click()
    expect(recall).to_contain_text("The answer is c).")
    expect(outputs.filter(has_text="Lesson 01 is done.")).to_be_visible()
    [lesson] = [path for path in LESSONS if path.stem == IN_THE_BROWSER]
    assert_says_what_is_so(lesson, shown_notebook(page))


def skip_if_too_busy(page: Page) -> None:
    """Skip the test if a cell has said so; any other error fails it."""
    if names := {name for name, _ in raised(shown_notebook(page))}:
        assert names <= TOO_BUSY
        pytest.skip("this machine was too busy for the lesson")


def test_exercise_05_goes_from_red_to_green(
    page: Page, address: str, project: Path, folder: Path
) -> None:
    """June's code fails its check; a hint; with the solution in its place it passes."""
    path = f"exercises/{EXERCISE}/{EXERCISE}.ipynb"
    open_notebook(page, address, laid_anew(folder, path))
    check = page.locator(".jp-CodeCell").filter(has_text='check("05", dispatch)')
    run_cells(page)
    expect(check).to_contain_text("Not all checks pass yet: 0 of 10 points.")
    expect(check).to_contain_text("Send it yourself:")
    hints = check.locator(".hints")
    expect(hints).to_contain_text("1 try, 0 of 4 hints open")
    more = check.get_by_role("button", name="Next hint", exact=True)
    more.click()
    expect(hints.locator("ol li")).to_have_count(1)
    more.click()
    expect(hints).to_contain_text("One hint a try")
    look(page, "exercise_05_red")
    source = project / "autograder" / "source" / EXERCISE / f"{EXERCISE}.ipynb"
    cells = json.loads(source.read_text())["cells"]
    solution = next(cell["source"] for cell in cells if cell["id"] == "dispatcher")
    write_cell(page, "dispatcher", "".join(solution))
    run_cells(page)
    expect(check).to_contain_text("All checks pass: 10 of 10 points.")
    expect(check.locator("li").filter(has_text="passed")).to_have_count(6)
    expect(check.locator(".moment")).to_contain_text("2 runs of this check")
    expect(
        check.get_by_role("link", name=re.compile("^(lesson|exercise) 01$"))
    ).to_be_visible()
    check.get_by_role("button", name=re.compile("^Compare with the reference")).click()
    expect(hints.locator("pre")).to_contain_text("except MALFORMED as exc")
    look(page, "exercise_05_green")
    assert progress(folder / "project")["exercise 05"]["done"]
    page.goto(address)
    station = page.locator(".station").filter(has_text="05 · Stop the bleeding")
    expect(station).to_contain_text("✓ Exercise 05")
    expect(station).to_contain_text("10 of 10 points")
    look(page, "front_page")


def test_an_exercise_that_is_opened_again_shows_what_was_told(
    page: Page, address: str, folder: Path
) -> None:
    """The verdict and a hint, from the file alone, in another kernel than wrote it."""
    path = f"exercises/{EXERCISE}/{EXERCISE}.ipynb"
    open_notebook(page, address, laid_anew(folder, path))
    run_cells(page)
    check = page.locator(".jp-CodeCell").filter(has_text='check("05", dispatch)')
    check.get_by_role("button", name="Next hint", exact=True).click()
    expect(check.locator(".hints li")).to_have_count(1)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    # The buttons go on working: only the file is without them.
    expect(check.get_by_role("button", name="Next hint", exact=True)).to_be_visible()
    end_kernels(address)
    page.goto("about:blank")
    open_notebook(page, address, f"work/{path}")
    expect(check).to_contain_text("Not all checks pass yet: 0 of 10 points.")
    expect(check.locator("details[open]")).to_have_count(6)
    expect(check.locator(".hints li")).to_be_visible()
    expect(check).not_to_contain_text("Error displaying widget")
    look(page, "exercise_05_reopened")


def test_what_runs_is_in_view_from_its_first_moment(page: Page, address: str) -> None:
    """Shift+Enter selects the next cell; the output scrolls back into view.

    So does the panel, which fits on one screen. That a cell says at once what it starts
    is for tests/course/panel/test_run.py: a quick machine shows it for no time at all.
    """
    page.set_viewport_size({"width": 1440, "height": 900})
    open_notebook(page, address, "work/course/notebooks/01_page.ipynb")
    write_cell(page, "cell-02", "\n" * 40 + LIVE)
    run_cells(page, "cell-and-select-next", at="stage.run(")
    cell = page.locator(".jp-CodeCell").filter(has_text="stage.run(")
    expect(cell.locator(".outage-chart")).to_be_in_viewport(ratio=1)
    expect(cell.get_by_text("2 replicas of “good”: ready.")).to_be_attached()
    write_cell(page, "cell-04", "\n" * 40 + ON_THE_SAME_FLEET)
    run_cells(page, "cell-and-select-next", at="IncidentPanel(stage.fleet")
    panel = page.locator(".outage-panel")
    expect(panel.locator(".outage-log")).to_contain_text("/orders")
    expect(panel).to_be_in_viewport(ratio=1)
    look(page, "panel_on_one_screen")


def test_the_panel_breaks_and_saves_a_fleet(page: Page, address: str) -> None:
    """By its buttons: deploy, poison, roll back, stop; the log can be filtered."""
    open_notebook(page, address, "work/course/notebooks/01_page.ipynb")
    write_cell(page, "cell-02", PANEL)
    run_cells(page, "all-above", at="deployment = predict(")
    panel = page.locator(".outage-panel")
    said = panel.get_by_role("status")
    log = panel.locator(".outage-log")

    def press(name: str) -> None:
        panel.get_by_role("button", name=name, exact=True).click()

    press("Start traffic")
    expect(said).to_contain_text("60 requests a second")
    expect(log).to_contain_text("/orders")
    expect(log).not_to_contain_text("/readyz")
    press("Stop traffic")
    expect(said).to_contain_text("nothing is sent any more")
    panel.get_by_label("Release").select_option("bad")
    press("Deploy")
    expect(said).to_contain_text("“bad” runs on every replica")
    press("Send one")
    expect(said).to_contain_text("came back")
    expect(panel).to_contain_text("1 died so far")
    expect(panel.get_by_label("Release")).to_contain_text("bad (running)")
    expect(panel.locator(".outage-tile")).to_contain_text(["died", "died"])
    panel.get_by_label("Containing").fill("readyz")
    panel.get_by_label("Health checks").check()
    expect(log).to_contain_text("/readyz")
    panel.get_by_label("Containing").fill("")
    panel.get_by_label("Show", exact=True).select_option("errors")
    expect(log).not_to_contain_text("info")
    look(page, "panel")
    press("Roll back")
    expect(said).to_contain_text("back to “good”")
    press("Restart")
    expect(said).to_contain_text("every replica has a new process")
