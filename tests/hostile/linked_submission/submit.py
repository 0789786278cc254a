"""The whole submission a symbolic link to a classmate's."""

from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    folder.rmdir()
    folder.symlink_to(folder.parents[1] / "0_honest" / folder.name)
