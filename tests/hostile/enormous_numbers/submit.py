"""Numbers with a hundred thousand digits."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    text = json.dumps({**notebook, "nbformat_minor": 12321})
    Path(folder, name).write_text(text.replace("12321", "9" * 100_000))
