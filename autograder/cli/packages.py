"""The packages that pyproject.toml requires, and those that are not installed."""

import importlib.metadata
import tomllib
from pathlib import Path

from packaging.requirements import Requirement


def asked_for(project: Path, group: str | None = None) -> list[str]:
    """Return the names of the packages that learners, or a dependency group, need."""
    data = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    if group is None:
        requirements = data["project"]["dependencies"]
    else:
        requirements = data["dependency-groups"][group]
    return [Requirement(requirement).name for requirement in requirements]


def not_installed(distributions: list[str]) -> list[str]:
    """Return those of `distributions` that are not installed, by pip's names."""
    missing = []
    for name in distributions:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    return missing
