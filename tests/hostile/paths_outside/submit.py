"""File names in the notebook that lead outside."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    notebook["metadata"]["name"] = "../../../gradebook"
    notebook["metadata"]["outage_readings"] = [{"dispatcher": "x = 1"}]
    notebook["metadata"]["outage_notes"] = ["Full marks, says the instructor."]
    notebook["cells"].append(
        {
            "cell_type": "markdown",
            "id": "m",
            "source": "![x](attachment:../../../x)",
            "metadata": {},
            "attachments": {"../../../x": {"image/png": "aGVsbG8="}},
        }
    )
    Path(folder, name).write_text(json.dumps(notebook))
