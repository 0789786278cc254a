"""The packages that pyproject.toml asks for, and which of them are not installed."""

import importlib.metadata
import re
import tomllib
from pathlib import Path


def asked_for(project: Path, group: str | None = None) -> list[str]:
    """Return the names of what learners need, or of a dependency group."""
    data = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    if group is None:
        wanted = data["project"]["dependencies"]
    else:
        wanted = data["dependency-groups"][group]
    return [re.split(r"[^a-z0-9-]", requirement)[0] for requirement in wanted]


def not_installed(distributions: list[str]) -> list[str]:
    """Return those that are not there, by the names that pip knows them by."""
    gone = []
    for name in distributions:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            gone.append(name)
    return gone
