"""Names with escape sequences, with line breaks, and that are no UTF-8."""

import json
import os
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    Path(folder, name).write_text(json.dumps(notebook))
    for odd in (b"\x1b[2J\x1b]0;owned\x07.txt", b"two\nlines", b"\xff\xfe"):
        Path(folder, os.fsdecode(odd)).write_text("x")
    Path(folder, "link").symlink_to(os.fsdecode(b"\x1b[2J\xff"))
