"""A version of the notebook's format that is infinite."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    text = json.dumps({**notebook, "nbformat": 1e999, "nbformat_minor": float("nan")})
    Path(folder, name).write_text(text)
