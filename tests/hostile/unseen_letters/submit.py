"""A grade_id with letters that nobody sees."""

import json
from pathlib import Path
from typing import Any

from tests.instructor import solution


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    [answer] = [cell for cell in notebook["cells"] if cell["id"] == "dispatcher"]
    answer["metadata"]["nbgrader"]["grade_id"] = "dis\u200bpatcher\u202e"
    answer["source"] = solution()
    Path(folder, name).write_text(json.dumps(notebook))
