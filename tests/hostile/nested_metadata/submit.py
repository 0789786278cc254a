"""Metadata nested deeper than a JSON parser goes."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    text = json.dumps(notebook).replace(
        '"metadata": {', '"metadata": {"a": ' + "[" * 99_999 + "]" * 99_999 + ", ", 1
    )
    Path(folder, name).write_text(text)
