"""JupyterLab with the course's own settings, for `outage learn` and `outage teach`.

Started by a JupyterHub, it is the single-user server that the hub expects.
"""

import json
import os
import secrets
import shutil
import socket
import sys
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.request import ProxyHandler, Request, build_opener

import typer

from .errors import NotPossibleHere
from .shared import PROJECT, out

OURS = PROJECT / "autograder" / "cli" / "jupyter"

# JupyterHub sets this for the servers that it starts.
ON_A_HUB = "JUPYTERHUB_SERVICE_URL" in os.environ

# A server that is busy answers late; one that has been killed, at once.
ANSWERS_WITHIN_S = 10.0

Browser = Annotated[
    bool, typer.Option(help="Open the browser; without it, print the address.")
]

Port = Annotated[
    int | None,
    typer.Option(
        help="Port to serve on; left out, 8888 or, if that is in use, a free one."
    ),
]


@dataclass(frozen=True)
class Seat:
    """A set-up of JupyterLab for learners or instructors.

    `settings` are folders of the course's settings, of which the first takes
    precedence; `own` is the folder of the user's own. The browser opens the page
    `opens`. The server runs in `works_in`, where nbgrader looks for its configuration,
    and the file browser shows `files`. `options` go on the server's command line.
    """

    settings: tuple[Path, ...]
    own: Path
    opens: str
    works_in: Path
    files: Path
    options: tuple[str, ...] = ()


def opened_running(seat: Seat, browser: bool) -> bool:
    """Open the server that runs in `seat` already, and say so; return whether one does.

    Two servers on one folder would write over each other's notebooks and layouts. On a
    hub there is never another one.
    """
    server = None if ON_A_HUB else running_server(seat.own / "runtime")
    if server is None:
        return False
    out.print("The course is open already. Its address is:")
    out.print(
        f"{server['url'].rstrip('/')}{seat.opens}?token={server['token']}",
        style="bold",
        soft_wrap=True,
        highlight=False,
    )
    out.print("Ctrl-C in the terminal where it was started ends it.")
    if browser:
        # Jupyter's own page, which leads there. Other users can see a command line, and
        # this way the token is not on the browser's.
        page = seat.own / "runtime" / f"jpserver-{server['pid']}-open.html"
        webbrowser.open(page.as_uri())
    return True


def running_server(runtime: Path) -> dict[str, Any] | None:
    """Return what Jupyter Server has written of itself in `runtime`, if it answers.

    A server that was killed leaves its file behind.
    """
    opener = build_opener(ProxyHandler({}))
    for file in sorted(runtime.glob("jpserver-*.json")):
        with suppress(OSError, ValueError, LookupError, TypeError):
            server: dict[str, Any] = json.loads(file.read_text("utf-8"))
            status = Request(
                f"{server['url']}api/status",
                headers={"Authorization": f"token {server['token']}"},
            )
            with opener.open(status, timeout=ANSWERS_WITHIN_S):
                return server
    return None


def chosen_port(port: int | None, command: str) -> int | None:
    """Return a free port: `port`, or without one 8888 or any; on a hub, just `port`.

    Raises NotPossibleHere if `port` is taken.
    """
    if ON_A_HUB:
        return port
    free = free_port(8888) or free_port(0) if port is None else free_port(port)
    if free is None:
        raise NotPossibleHere(
            f"port {port} is in use by another program. Leave --port out, and a free"
            f" one is taken: ./outage {command}"
        )
    return free


def become_jupyterlab(seat: Seat, port: int | None, browser: bool) -> NoReturn:
    """Replace this process by JupyterLab, so that whoever ends it ends the server.

    Without a `port`, the hub decides where to listen and who may log in.

    Settings, signatures, history, runtime files and workspaces are the course's own,
    below work/; the user's own Jupyter and IPython are neither read nor changed.
    """
    settings = os.pathsep.join(map(str, seat.settings))
    environment = {
        "JUPYTER_CONFIG_DIR": str(seat.own),
        "JUPYTER_CONFIG_PATH": settings,
        # The kernel is the usual one, with course.panel.error_advice loaded.
        "JUPYTER_PATH": settings,
        "JUPYTER_DATA_DIR": str(seat.own / "data"),
        "IPYTHONDIR": str(seat.own / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(seat.own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(seat.own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(seat.own / "workspaces"),
    }
    # JupyterLab looks for custom.css in this place only.
    shutil.copytree(OURS / "custom", seat.own / "custom", dirs_exist_ok=True)
    options = [
        "--Application.log_level=ERROR",
        "--ServerApp.answer_yes=True",
        f"--ServerApp.root_dir={PROJECT}",
        f"--FileContentsManager.preferred_dir={seat.files}",
        "--LabApp.custom_css=True",
        f"--LabApp.default_url={seat.opens}",
        "--LabApp.expose_app_in_browser=True",
        *seat.options,
    ]
    if port is None:
        module = "jupyterhub.singleuser"
        options.append(f"--ServerApp.default_url={seat.opens}")
    else:
        module = "jupyterlab"
        token = secrets.token_hex(16)
        # Not on the command line, which other users can see.
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
    """Return `port` if a server can listen there, or None; any free port for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        bound: int = probe.getsockname()[1]
        return bound
