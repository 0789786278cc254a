"""A socket in the folder, which no copy can read."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from tests.instructor import june


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket has at most 107 bytes
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    os.chdir(here)
    [answer] = [cell for cell in notebook["cells"] if cell["id"] == "dispatcher"]
    answer["source"] = june()
    Path(folder, name).write_text(json.dumps(notebook))
