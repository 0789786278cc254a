"""A wide handler that knows a planted bug by how deep it was raised."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    [answer] = [cell for cell in notebook["cells"] if cell["id"] == "dispatcher"]
    answer["source"] = Path(__file__).with_name("dispatch.txt").read_text()
    Path(folder, name).write_text(json.dumps(notebook))
