"""The notebook a hard link to the solution."""

from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    solution = folder.parents[2] / "source" / folder.name / name
    Path(folder, name).hardlink_to(solution)
