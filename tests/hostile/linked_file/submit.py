"""A symbolic link to a file of the instructor's."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    Path(folder, name).write_text(json.dumps(notebook))
    Path(folder, "notes.txt").symlink_to(folder.parents[2] / "solutions.txt")
    Path(folder, "passwd").symlink_to("/etc/passwd")
