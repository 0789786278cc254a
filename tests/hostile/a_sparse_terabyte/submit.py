"""A file of a terabyte that takes no room on the disk."""

import json
from pathlib import Path
from typing import Any

from tests.instructor import june


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    with Path(folder, "data.bin").open("wb") as file:
        file.truncate(1 << 40)
    [answer] = [cell for cell in notebook["cells"] if cell["id"] == "dispatcher"]
    answer["source"] = june()
    Path(folder, name).write_text(json.dumps(notebook))
