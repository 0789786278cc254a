"""Cell metadata of odd types."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    odd = [7, "x", ["y"], {"grade_id": ["z"], "solution": True}, {"grade_id": 5}]
    for cell, marks in zip(notebook["cells"], odd * 9, strict=False):
        cell["metadata"]["nbgrader"] = marks
    Path(folder, name).write_text(json.dumps(notebook))
