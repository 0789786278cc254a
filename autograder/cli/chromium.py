"""The Chromium or Chrome that browser tests run in."""

import os
import shutil
from pathlib import Path

# The first draws pages and has no windows, which takes a quarter of the time off each.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> Path | None:
    """Return a browser of this machine: named, on the path, or Playwright's own."""
    named = os.environ.get("OUTAGE_CHROMIUM")
    if named:
        return Path(named) if Path(named).exists() else None
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    if MAC.exists():
        return MAC
    caches = (
        Path.home() / ".cache/ms-playwright",
        Path.home() / "Library/Caches/ms-playwright",
    )
    for cache in caches:
        for own in sorted(cache.glob("chromium-*/*/*hrom*"), reverse=True):
            if own.is_file() and os.access(own, os.X_OK):
                return own
    return None
