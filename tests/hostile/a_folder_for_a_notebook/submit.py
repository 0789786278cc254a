"""A folder called like the notebook, with the notebook in it."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    Path(folder, name).mkdir()
    Path(folder, name, name).write_text(json.dumps(notebook))
