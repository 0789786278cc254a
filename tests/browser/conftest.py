"""One JupyterLab for all browser tests, and a window for those of a module."""

import json
import os
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.lab import CHROMIUM_OPTIONS, LONG_MS, close_notebooks
from tests.conftest import served_lab


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the learner's copy of the project lies, as `project`."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def address(project: Path, folder: Path) -> Iterator[str]:
    """The front page, as `outage learn` prints it."""
    with served_lab(project, folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for the tests of a module.

    Not for all tests: as long as Playwright is there, no other event loop can run.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("OUTAGE_CHROMIUM"), args=CHROMIUM_OPTIONS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Page:
    """A browser window for the tests of a module, one after the other."""
    context = browser.new_context()
    context.set_default_timeout(LONG_MS)
    return context.new_page()


@pytest.fixture
def page(window: Page, address: str) -> Iterator[Page]:
    """The window as a test finds it: nothing is open in it, and no kernel runs."""
    window.set_viewport_size({"width": 1300, "height": 1000})
    window.emulate_media(color_scheme="light")
    yield window
    close_notebooks(window)
    end_kernels(address)


def end_kernels(address: str) -> None:
    """End every kernel of the server, and with it what its notebook has started."""
    parts = urllib.parse.urlsplit(address)
    root, token = f"http://{parts.netloc}", parts.query.removeprefix("token=")
    headers = {"Authorization": f"token {token}"}
    sessions = urllib.request.Request(f"{root}/api/sessions", headers=headers)
    with urllib.request.urlopen(sessions, timeout=10) as reply:
        found = json.load(reply)
    for session in found:
        end = urllib.request.Request(
            f"{root}/api/sessions/{session['id']}", headers=headers, method="DELETE"
        )
        urllib.request.urlopen(end, timeout=30).close()
