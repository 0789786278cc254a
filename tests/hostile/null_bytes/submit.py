"""A source with null bytes."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    cell = next(c for c in notebook["cells"] if c["id"] == "dispatcher")
    cell["source"] = "x = 1\x00\x00\n" + cell["source"]
    Path(folder, name).write_text(json.dumps(notebook))
