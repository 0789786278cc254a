"""A timestamp that ends nbgrader's run."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    Path(folder, name).write_text(json.dumps(notebook))
    Path(folder, "timestamp.txt").write_text("yesterday, honestly")
