"""The notebook itself a symbolic link to the solution."""

from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    Path(folder, name).symlink_to(folder.parents[2] / "source" / folder.name / name)
