"""`outage learn`: JupyterLab as the learner uses it."""

from .copies import prepare, show_the_way
from .jupyterlab import (
    ON_A_HUB,
    OURS,
    Browser,
    Port,
    Seat,
    become_jupyterlab,
    chosen_port,
)
from .shared import PROJECT, out
from .workspace import FRONT_PAGE, jupyter_folder


def learn(browser: Browser = True, port: Port = None) -> None:
    """Copy missing notebooks for the learner; replace this process by JupyterLab."""
    port = chosen_port(port, "learn")
    for line in [*prepare(PROJECT), *show_the_way(PROJECT)]:
        out.print(line)
    # Of nbgrader's tools, learners get only the one that hands in, and only on a hub.
    seat = Seat(
        settings=(OURS / "hub", OURS) if ON_A_HUB else (OURS,),
        own=jupyter_folder(PROJECT),
        opens=f"/lab/tree/work/{FRONT_PAGE}",
        works_in=PROJECT,
        files=PROJECT / "work",
    )
    become_jupyterlab(seat, port, browser)
