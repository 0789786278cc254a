"""A submission from the year 1."""

import json
from pathlib import Path
from typing import Any

from tests.instructor import june


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    [answer] = [cell for cell in notebook["cells"] if cell["id"] == "dispatcher"]
    answer["source"] = june()
    Path(folder, name).write_text(json.dumps(notebook))
    Path(folder, "timestamp.txt").write_text("0001-01-01 00:00:00 UTC")
