"""The answer's grade_id changed."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    cell = next(c for c in notebook["cells"] if c["id"] == "dispatcher")
    cell["metadata"]["nbgrader"]["grade_id"] = "mine"
    Path(folder, name).write_text(json.dumps(notebook))
