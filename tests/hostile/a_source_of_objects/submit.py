"""A cell whose source is a list of what is no text."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    for cell in notebook["cells"]:
        cell["source"] = [1, {"a": []}, None]
    Path(folder, name).write_text(json.dumps(notebook))
