"""`outage learn`: JupyterLab at the front page, with the learner's own copies."""

import os
import secrets
import shutil
import socket
import sys
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from .copies import prepare, show_the_way
from .workspace import FRONT_PAGE, jupyter_folder

START = f"work/{FRONT_PAGE}"


def serve(project: Path, port: int | None, browser: bool, out: Console) -> int:
    """Become JupyterLab. Returns only if that is not possible, with an exit code."""
    free = free_port(8888) or free_port(0) if port is None else free_port(port)
    if free is None:
        Console(stderr=True).print(
            f"outage: port {port} is in use by another program. Leave --port out, and a"
            " free one is taken: ./outage learn",
            style="red", highlight=False,
        )  # fmt: skip
        return 3
    for line in [*prepare(project), *show_the_way(project)]:
        out.print(line)
    token = secrets.token_hex(16)
    out.print("\nThe course opens in a few seconds. If it does not, its address is:")
    out.print(
        f"http://127.0.0.1:{free}/lab/tree/{START}?token={token}",
        style="bold", soft_wrap=True, highlight=False,
    )  # fmt: skip
    out.print("Ctrl-C here ends it, and with it everything it has started.\n")
    become_jupyterlab(project, free, browser, token)


def become_jupyterlab(project: Path, port: int, browser: bool, token: str) -> NoReturn:
    """Replace this process, so that whoever ends it ends the server.

    Settings, signatures, history, runtime files and workspaces are the course's own,
    beside the learner's notebooks; the user's own Jupyter and IPython are neither read
    here nor changed.
    """
    own = jupyter_folder(project)
    ours = project / "course" / "cli" / "jupyter"
    environment = {
        "JUPYTER_TOKEN": token,  # not on the command line, where other users see it
        "JUPYTER_CONFIG_DIR": str(own),
        "JUPYTER_CONFIG_PATH": str(ours),
        # Its kernel is the usual one, with course.panel.mistakes on top.
        "JUPYTER_PATH": str(ours),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "IPYTHONDIR": str(own / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
    }
    # JupyterLab looks for custom.css in this one place.
    shutil.copytree(ours / "custom", own / "custom", dirs_exist_ok=True)
    options = [
        f"--port={port}",
        "--ip=127.0.0.1",
        "--Application.log_level=ERROR",
        "--ServerApp.port_retries=0",
        "--ServerApp.answer_yes=True",
        f"--ServerApp.root_dir={project}",
        f"--FileContentsManager.preferred_dir={project / 'work'}",
        "--LabApp.custom_css=True",
        f"--LabApp.default_url=/lab/tree/{START}",
        "--LabApp.expose_app_in_browser=True",
    ]
    if not browser:
        options.append("--no-browser")
    if os.geteuid() == 0:
        options.append("--allow-root")
    os.chdir(project)
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "jupyterlab", *options]
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
