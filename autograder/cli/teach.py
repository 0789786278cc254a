"""`outage teach`: JupyterLab as the instructor uses it."""

from .jupyterlab import OURS, Browser, Port, Seat, become_jupyterlab, chosen_port
from .shared import PROJECT
from .workspace import jupyter_folder


def teach(browser: Browser = True, port: Port = None) -> None:
    """Replace this process by JupyterLab with nbgrader's tools, at the formgrader."""
    port = chosen_port(port, "teach")
    seat = Seat(
        settings=(OURS / "teach", OURS),
        own=jupyter_folder(PROJECT).with_name(".jupyter-teach"),
        opens="/formgrader",
        works_in=PROJECT / "autograder",
        files=PROJECT / "autograder",
    )
    become_jupyterlab(seat, port, browser)
