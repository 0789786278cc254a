"""What JupyterLab saves of a notebook: outputs that can be read without its kernel.

A widget lives in a kernel. Opened without it, JupyterLab shows "Error displaying
widget: model not found" in its place, whatever else the output holds.
"""

from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"
# Metadata of an output whose widget is only of use while its kernel runs.
ONLY_LIVE = {"outage": {"only_live": True}}


def without_dead_widgets(model: dict[str, Any], **_: Any) -> None:
    """Take the widgets marked ONLY_LIVE out of a notebook that is about to be saved.

    Their outputs keep what other forms they have. The server calls this with its
    `model` of any file or folder; what is open in the browser stays as it is.
    """
    if model.get("type") != "notebook" or not model.get("content"):
        return
    for cell in model["content"]["cells"]:
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get("outage") == ONLY_LIVE["outage"]:
                output["data"].pop(WIDGET, None)
