"""HTML and JavaScript in outputs, Markdown and the answer."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    script = "<script>alert('CANARY-41d7')</script><img src=x onerror=alert(1)>"
    notebook["cells"].insert(
        0, {"cell_type": "markdown", "id": "evil", "metadata": {}, "source": script}
    )
    shown = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": script, "application/javascript": "alert(1)"},
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [shown]
        if cell["id"] == "dispatcher":
            cell["source"] += f"\n# {script}\n"
    Path(folder, name).write_text(json.dumps(notebook))
