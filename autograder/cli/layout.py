"""Sets what JupyterLab shows at its start: front page, last notebook, contents."""

import json
from pathlib import Path
from typing import Any

from jupyterlab_server.workspaces_handler import WorkspacesManager

from .workspace import FRONT_PAGE, jupyter_folder

# JupyterLab's names: the workspace that its plain address opens, and parts of one.
DEFAULT = "default"
LAYOUT = "layout-restorer:data"
NOTEBOOK = "notebook:"
FRONT = f"{NOTEBOOK}work/{FRONT_PAGE}"
# The file browser is there, and closed: one sidebar shows one panel at a time.
SIDEBAR = {
    "collapsed": False,
    "visible": True,
    "current": "@jupyterlab/toc:plugin",
    "widgets": ["filebrowser", "running-sessions", "@jupyterlab/toc:plugin"],
    "widgetStates": {},
}
SIDEBAR_SHARE = 0.17


def lay_out(project: Path) -> None:
    """Have JupyterLab open with the front page and the last notebook, and no other.

    The last one is what the learner looked at, or else the last of the open tabs.
    """
    try:
        last = last_notebook(saved(project))
    except (ValueError, LookupError, TypeError, AttributeError):
        last = None  # damaged, or written by another version
    if last is not None and not (project / last.removeprefix(NOTEBOOK)).is_file():
        last = None
    save(project, workspace(last))


def saved(project: Path) -> dict[str, Any]:
    """Return the data of the saved workspace, or {}. Raises ValueError, LookupError."""
    data: dict[str, Any] = _manager(project).load(DEFAULT)["data"]
    return data


def save(project: Path, workspace: dict[str, Any]) -> None:
    """Save the workspace with which JupyterLab opens."""
    _manager(project).save(DEFAULT, json.dumps(workspace))


def last_notebook(data: dict[str, Any]) -> str | None:
    """Return JupyterLab's name of the last notebook open beside the front page.

    `data` is that of a workspace. Returns None if there was none. Raises LookupError,
    TypeError or AttributeError if that is no workspace's.
    """
    if LAYOUT not in data:
        return None
    names = [name for name in data if name.startswith(NOTEBOOK) and name != FRONT]
    current: str | None = data[LAYOUT]["main"].get("current")
    return current if current in names else next(reversed(names), None)


def workspace(last: str | None) -> dict[str, Any]:
    """Return a JupyterLab workspace with the front page and the notebook `last`."""
    names = [FRONT] if last is None else [FRONT, last]
    main = {
        "dock": {"type": "tab-area", "currentIndex": 0, "widgets": names},
        "current": FRONT,
    }
    layout = {
        "main": main,
        "left": SIDEBAR,
        "relativeSizes": [SIDEBAR_SHARE, 1 - SIDEBAR_SHARE, 0],
    }
    notebooks = {
        name: {"data": {"path": name.removeprefix(NOTEBOOK), "factory": "Notebook"}}
        for name in names
    }
    return {"data": {LAYOUT: layout, **notebooks}, "metadata": {"id": DEFAULT}}


def _manager(project: Path) -> WorkspacesManager:
    return WorkspacesManager(str(jupyter_folder(project) / "workspaces"))
