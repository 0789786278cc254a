"""A notebook of another exercise."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    notebook["cells"] = [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": "print('exercise 99')",
        }
    ]
    Path(folder, name).write_text(json.dumps(notebook))
