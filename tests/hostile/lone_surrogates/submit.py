"""A right answer with half surrogate pairs in a comment."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    from tests.instructor import solution

    cell = next(c for c in notebook["cells"] if c["id"] == "dispatcher")
    cell["source"] = "# \ud800 \udfff\n" + solution()
    Path(folder, name).write_text(json.dumps(notebook))
