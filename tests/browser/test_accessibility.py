"""What we show can be seen, read aloud and told apart, in the light theme and the dark.

Checked by axe-core. JupyterLab's own frame is not ours to mend: what is looked at is
the prose and the outputs of notebooks, and pages that are exported.
"""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect

from tests.browser.lab import BROWSER, laid_anew, open_notebook, run_cells, write_cell

pytestmark = BROWSER

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "autograder" / "cli" / "jupyter" / "nbconvert" / "templates"
NOTEBOOKS = sorted(
    [*PROJECT.glob("course/notebooks/*.ipynb"), *PROJECT.glob("exercises/*/*.ipynb")]
)
OURS = ".jp-Notebook .jp-OutputArea, .jp-Notebook .jp-RenderedMarkdown"
WIDGETS = """
from course.outage import Fleet, Release
from course.outage.traffic.load import Load
from course.panel import IncidentPanel, Parsons, Prediction, recall
fleet = Fleet(Release.named("good"), replicas=2)
panel = IncidentPanel(fleet, Load(rate=60))
panel.show()
fleet.start_traffic(Load(rate=60))
Prediction("What will happen?", ["This", "That"], "a").show()
Parsons("Order these.", ["try:", "    work()", "finally:", "    stop()"], "So.").show()
recall("02")
"""


def assert_accessible_in_both_themes(page: Page) -> None:
    """Look at what is ours in JupyterLab, in the dark theme and in the light one."""
    # JupyterLab's body has no height, and all in it counts as hidden to axe-core.
    page.add_style_tag(content="body { height: 100vh }")
    for theme, light in (("dark", "false"), ("light", "true")):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        # Until it is gone, it lies above all text, and axe-core sees no contrast.
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        assert_accessible(page, OURS)


def assert_accessible(page: Page, context: str | None = None) -> None:
    """No violation that axe-core calls serious or critical, and text was looked at."""
    found: dict[str, Any] = Axe().run(page, context=context).response
    grave = [v for v in found["violations"] if v["impact"] in {"serious", "critical"}]
    assert not grave, json.dumps(grave, indent=1)[:4000]
    assert "color-contrast" in {rule["id"] for rule in found["passes"]}


def keep_one_of_each_token(page: Page) -> None:
    """Keep the first of each class of the spans that color code.

    They all look alike, and axe-core looks at each of a thousand.
    """
    page.evaluate(
        """() => {
            const seen = new Set();
            for (const token of document.querySelectorAll('.highlight span')) {
                if (seen.has(token.className)) token.remove();
                seen.add(token.className);
            }
        }"""
    )


def see_all(page: Page) -> None:
    """Make the window so high that nothing has to be scrolled into it."""
    page.set_viewport_size({"width": 1300, "height": 4000})


def test_the_front_page_is_accessible(page: Page, address: str) -> None:
    """The replay, the timeline and the chart."""
    see_all(page)
    page.goto(address)
    expect(page.get_by_role("link", name="Continue")).to_be_visible()
    assert_accessible_in_both_themes(page)


def test_the_panels_of_lessons_are_accessible(page: Page, address: str) -> None:
    """The incident panel with traffic, a prediction, a Parsons problem, recall."""
    see_all(page)
    open_notebook(page, address, "work/course/notebooks/01_page.ipynb")
    write_cell(page, "cell-02", WIDGETS)
    run_cells(page, "cell", at="IncidentPanel")
    expect(page.locator(".outage-log").first).to_contain_text("/orders")
    expect(page.locator(".outage-parsons")).to_be_visible()
    assert_accessible_in_both_themes(page)


def test_a_verdict_with_its_hints_is_accessible(
    page: Page, address: str, folder: Path
) -> None:
    """Failed checks, and a hint that has been opened."""
    see_all(page)
    exercise = "exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb"
    open_notebook(page, address, laid_anew(folder, exercise))
    run_cells(page)
    page.get_by_role("button", name="Next hint", exact=True).click()
    expect(page.locator(".hints li")).to_be_visible()
    expect(page.get_by_text("Not all checks pass yet").first).to_be_visible()
    assert_accessible_in_both_themes(page)


def test_exported_notebooks_are_accessible(page: Page) -> None:
    """As HTML, in the light colors that nbconvert gives it; nothing is fetched."""
    page.goto("about:blank")  # or JupyterLab would live on below what is set
    exporter = HTMLExporter(require_js_url="", extra_template_basedirs=[str(TEMPLATES)])
    for path in NOTEBOOKS:
        html, _ = exporter.from_filename(str(path))
        page.set_content(html)
        assert not re.findall(r'(?:src|href)="(https?:[^"]*\.(?:js|css))', html)
        keep_one_of_each_token(page)
        assert_accessible(page)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_headings_nest_and_figures_have_words(path: Path) -> None:
    """One title, no level left out, an alternative text for each figure."""
    notebook = nbformat.read(path, as_version=4)
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    outside_code = re.sub(r"```.*?```", "", prose, flags=re.DOTALL)
    levels = [len(m) for m in re.findall(r"^(#+) ", outside_code, re.MULTILINE)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(len(words) > 20 for words in re.findall(r"!\[([^\]]*)\]", prose))
