"""`outage learn`: JupyterLab as the learner uses it."""

from .copies import changed_front_page, prepare
from .jupyterlab import (
    ON_A_HUB,
    OURS,
    Browser,
    Port,
    Seat,
    become_jupyterlab,
    chosen_port,
    opened_running,
)
from .layout import lay_out
from .shared import PROJECT, out
from .workspace import FRONT_PAGE, jupyter_folder


def learn(browser: Browser = True, port: Port = None) -> None:
    """Copy missing notebooks for the learner; replace this process by JupyterLab.

    If it runs already, open it.
    """
    # Of nbgrader's tools, learners get only the one that hands in, and only on a hub.
    seat = Seat(
        settings=(OURS / "hub", OURS) if ON_A_HUB else (OURS,),
        own=jupyter_folder(PROJECT),
        opens=f"/lab/tree/work/{FRONT_PAGE}",
        works_in=PROJECT,
        files=PROJECT / "work",
        options=(
            "--ServerApp.contents_manager_class=autograder.cli.contents.CourseContents",
        ),
    )
    if opened_running(seat, browser):
        return
    port = chosen_port(port, "learn")
    for line in [*prepare(PROJECT), *changed_front_page(PROJECT)]:
        out.print(line)
    lay_out(PROJECT)
    become_jupyterlab(seat, port, browser)
