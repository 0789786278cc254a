"""A right answer under another file name."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    Path(folder, "my answer.ipynb").write_text(json.dumps(notebook))
