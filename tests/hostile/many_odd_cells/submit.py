"""Thousands of cells whose names are markup, or escape sequences."""

import json
from pathlib import Path
from typing import Any

from tests.instructor import solution


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    [answer] = [cell for cell in notebook["cells"] if cell["id"] == "dispatcher"]
    answer["source"] = solution()
    odd = ["[/nope]", "\x1b[2J\x1b]0;owned\x07", "=1+1", "x" * 100_000]
    for number, label in enumerate([*odd, *(f"~{n}" for n in range(8000))]):
        marks = {**answer["metadata"]["nbgrader"], "grade_id": label}
        cell = {**answer, "id": f"c{number}", "metadata": {"nbgrader": marks}}
        notebook["cells"].append({**cell, "source": ""})
    Path(folder, name).write_text(json.dumps(notebook))
