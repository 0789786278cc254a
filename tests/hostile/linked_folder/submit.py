"""A symbolic link to a folder of the instructor's."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    Path(folder, name).write_text(json.dumps(notebook))
    Path(folder, "data").symlink_to(folder.parents[3] / "course/modules")
