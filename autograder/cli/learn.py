"""`outage learn` and `outage teach`: JupyterLab as each of the two meets it.

Started by a JupyterHub, each is the server that the hub wants for its user.
"""

import os
import secrets
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from .copies import prepare, show_the_way
from .workspace import FRONT_PAGE, jupyter_folder

START = f"work/{FRONT_PAGE}"

# JupyterHub tells the servers that it starts.
ON_A_HUB = "JUPYTERHUB_SERVICE_URL" in os.environ


@dataclass(frozen=True)
class Seat:
    """A way to meet JupyterLab: its settings, where they are kept, where it opens.

    `settings` are folders of ours, the strongest first. The server runs in `works_in`,
    where nbgrader looks for its configuration; `files` is what the file browser shows.
    """

    settings: tuple[Path, ...]
    own: Path
    opens: str
    works_in: Path
    files: Path


def learners_seat(project: Path) -> Seat:
    """At the front page; of nbgrader's, only what hands in, and that on a hub alone."""
    ours = project / "autograder" / "cli" / "jupyter"
    own = jupyter_folder(project)
    settings = (ours / "hub", ours) if ON_A_HUB else (ours,)
    return Seat(settings, own, f"/lab/tree/{START}", project, project / "work")


def instructors_seat(project: Path) -> Seat:
    """At the formgrader, with all of nbgrader's tools."""
    ours = project / "autograder" / "cli" / "jupyter"
    folder = project / "autograder"
    own = jupyter_folder(project).with_name(".jupyter-teach")
    return Seat((ours / "teach", ours), own, "/formgrader", folder, folder)


def learn(project: Path, port: int | None, browser: bool, out: Console) -> int:
    """Become JupyterLab. Returns only if that is not possible, with an exit code."""
    if not ON_A_HUB and (port := chosen_port(port, "learn")) is None:
        return 3
    for line in [*prepare(project), *show_the_way(project)]:
        out.print(line)
    become_jupyterlab(project, learners_seat(project), port, browser, out)


def teach(project: Path, port: int | None, browser: bool, out: Console) -> int:
    """The same for an instructor."""
    if not ON_A_HUB and (port := chosen_port(port, "teach")) is None:
        return 3
    become_jupyterlab(project, instructors_seat(project), port, browser, out)


def chosen_port(port: int | None, command: str) -> int | None:
    """A port to serve on: `port`, or 8888, or any; None, and why, if it is taken."""
    free = free_port(8888) or free_port(0) if port is None else free_port(port)
    if free is None:
        Console(stderr=True).print(
            f"outage: port {port} is in use by another program. Leave --port out, and a"
            f" free one is taken: ./outage {command}",
            style="red",
            highlight=False,
        )
    return free


def become_jupyterlab(
    project: Path, seat: Seat, port: int | None, browser: bool, out: Console
) -> NoReturn:
    """Replace this process, so that whoever ends it ends the server.

    Without a `port` it is the hub that says where to listen, and who may come in.

    Settings, signatures, history, runtime files and workspaces are the course's own,
    below work/; the user's own Jupyter and IPython are neither read here nor changed.
    """
    settings = os.pathsep.join(map(str, seat.settings))
    environment = {
        "JUPYTER_CONFIG_DIR": str(seat.own),
        "JUPYTER_CONFIG_PATH": settings,
        # Its kernel is the usual one, with course.panel.error_advice on top.
        "JUPYTER_PATH": settings,
        "JUPYTER_DATA_DIR": str(seat.own / "data"),
        "IPYTHONDIR": str(seat.own / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(seat.own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(seat.own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(seat.own / "workspaces"),
    }
    # JupyterLab looks for custom.css in this one place.
    custom = project / "autograder" / "cli" / "jupyter" / "custom"
    shutil.copytree(custom, seat.own / "custom", dirs_exist_ok=True)
    options = [
        "--Application.log_level=ERROR",
        "--ServerApp.answer_yes=True",
        f"--ServerApp.root_dir={project}",
        f"--FileContentsManager.preferred_dir={seat.files}",
        "--LabApp.custom_css=True",
        f"--LabApp.default_url={seat.opens}",
        "--LabApp.expose_app_in_browser=True",
    ]
    if port is None:
        module = "jupyterhub.singleuser"
        options.append(f"--ServerApp.default_url={seat.opens}")
    else:
        module = "jupyterlab"
        token = secrets.token_hex(16)
        # Not on the command line, where other users see it.
        environment["JUPYTER_TOKEN"] = token
        options += [f"--port={port}", "--ip=127.0.0.1", "--ServerApp.port_retries=0"]
        out.print(
            "\nThe course opens in a few seconds. If it does not, its address is:"
        )
        out.print(
            f"http://127.0.0.1:{port}{seat.opens}?token={token}",
            style="bold",
            soft_wrap=True,
            highlight=False,
        )
        out.print("Ctrl-C here ends it, and with it everything it has started.\n")
    if not browser:
        options.append("--no-browser")
    if os.geteuid() == 0:
        options.append("--allow-root")
    os.chdir(seat.works_in)
    sys.stdout.flush()
    arguments = [sys.executable, "-m", module, *options]
    os.execve(sys.executable, arguments, {**os.environ, **environment})


def free_port(port: int) -> int | None:
    """`port` if a server can be started there (any free one for 0), else None."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        found: int = probe.getsockname()[1]
        return found
