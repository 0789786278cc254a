"""A notebook that is saved can be read without its kernel."""

from typing import Any

from autograder.learning.saving import ONLY_LIVE, WIDGET, without_dead_widgets


def output(metadata: dict[str, Any]) -> dict[str, Any]:
    """An output with a widget, as JupyterLab hands it to the server."""
    data = {WIDGET: {"model_id": "x"}, "text/plain": "run hint()", "text/html": ""}
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def test_only_widgets_that_say_so_are_left_out() -> None:
    """The other forms of such an output stay."""
    marked, other = output(dict(ONLY_LIVE)), output({})
    stream = {"output_type": "stream", "text": "x"}
    cells = [{"outputs": [marked, other, stream]}, {"source": "prose"}]
    without_dead_widgets({"type": "notebook", "content": {"cells": cells}}, path="x")
    assert marked["data"].keys() == {"text/plain", "text/html"}
    assert WIDGET in other["data"]


def test_other_files_are_let_through() -> None:
    """A text, a folder, and a notebook that is only renamed."""
    for model in ({"type": "file", "content": "x"}, {"type": "notebook"}):
        before = dict(model)
        without_dead_widgets(model)
        assert model == before
