"""How the incident panel holds out: memory and lag of kernel and browser, over minutes.

    python -m tests.browser.soak --seconds 600

Prints one JSON object. It serves the course, opens the panel over a fleet under traffic
in Chromium, and samples both sides every 10 s; nothing of it is a test.
"""

import argparse
import json
import os
import signal
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil
from playwright.sync_api import Page, sync_playwright

from autograder.cli.chromium import find_chromium
from tests.browser.lab import CHROMIUM_OPTIONS, open_notebook, run_cells, write_cell
from tests.conftest import PROJECT, served_lab

PANEL = """
from course.outage import Fleet, Release
from course.outage.traffic.load import Load
from course.panel import IncidentPanel
fleet = Fleet(Release.named("good"), replicas=2)
panel = IncidentPanel(fleet, Load(rate=60))
panel.show()
fleet.start_traffic(Load(rate=60))
"""
DRAWN = """() => {
    window.drawn = [];
    const isLog = node => node.matches && node.matches('.outage-log');
    new MutationObserver(records => {
        if (records.some(record => [...record.addedNodes].some(isLog)))
            window.drawn.push(performance.now());
    }).observe(document.querySelector('.outage-panel'),
               { childList: true, subtree: true });
}"""
EVERY_S = 10.0


def soak(seconds: float) -> dict[str, Any]:
    """Run the panel for `seconds`; what was measured at its start and its end."""
    with (
        tempfile.TemporaryDirectory(prefix="outage-soak-") as folder,
        served_lab(PROJECT, Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[*CHROMIUM_OPTIONS, "--enable-precise-memory-info"],
        )
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        open_notebook(page, address, "work/course/notebooks/01_page.ipynb")
        write_cell(page, "cell-02", PANEL)
        run_cells(page, "cell", at="IncidentPanel")
        page.wait_for_selector(".outage-log")
        page.evaluate(DRAWN)
        samples = list(measured(page, seconds))
        browser.close()
    tenth = max(1, len(samples) // 10)
    return {
        "seconds": seconds,
        "start": averaged(samples[1 : tenth + 1] or samples),
        "end": averaged(samples[-tenth:]),
    }


def measured(page: Page, seconds: float) -> Any:
    """A sample every 10 s: memory of kernel and page, drawings a second, the lag."""
    me = psutil.Process(os.getpid())
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.wait_for_timeout(EVERY_S * 1000)
        kernels = [
            p
            for p in me.children(recursive=True)
            if "ipykernel_launcher" in " ".join(p.cmdline())
        ]
        drawn = page.evaluate("() => window.drawn.splice(0)")
        gaps = [after - before for before, after in pairwise(drawn)]
        started = time.monotonic()
        page.evaluate("() => new Promise(r => requestAnimationFrame(r))")
        yield {
            "kernel_mb": sum(p.memory_info().rss for p in kernels) / 2**20,
            "heap_mb": page.evaluate("() => performance.memory.usedJSHeapSize") / 2**20,
            "drawn_per_s": len(drawn) / EVERY_S,
            "longest_gap_ms": max(gaps, default=0.0),
            "frame_ms": (time.monotonic() - started) * 1000,
        }


def averaged(samples: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure."""
    return {name: round(fmean(s[name] for s in samples), 1) for name in samples[0]}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # see tests/conftest.py
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    print(json.dumps(soak(parser.parse_args().seconds), indent=2))
