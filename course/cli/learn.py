"""`outage learn`: JupyterLab at the front page, with the learner's own copies."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from .workspace import prepare

FRONT_PAGE = "work/course/notebooks/00_start.ipynb"


def serve(project: Path, port: int, browser: bool) -> int:
    """Serve until interrupted. Returns an exit code of the command."""
    if not port_is_free(port):
        print(
            f"outage: port {port} is in use by another program. Take another one:"
            f" ./outage learn --port {port + 1}",
            file=sys.stderr,
        )
        return 3
    for line in prepare(project):
        print(line)
    print("Starting JupyterLab; Ctrl-C here ends it, and with it all it has started.")
    config = project / "course" / "cli" / "jupyter"
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", f"--port={port}", "--ServerApp.port_retries=0",
         f"--ServerApp.root_dir={project}", f"--ServerApp.preferred_dir={project / 'work'}",
         f"--LabApp.default_url=/lab/tree/{FRONT_PAGE}", "--LabApp.expose_app_in_browser=True",
         *(() if browser else ("--no-browser",)),
         *(("--allow-root",) if os.geteuid() == 0 else ())],
        cwd=project,
        env={**os.environ, "JUPYTER_CONFIG_PATH": str(config),
             "JUPYTERLAB_SETTINGS_DIR": str(project / "work" / ".jupyter" / "settings"),
             "JUPYTERLAB_WORKSPACES_DIR": str(project / "work" / ".jupyter" / "workspaces")},
    )  # fmt: skip
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal has sent it Ctrl-C too; a second one skips its question.
        process.terminate()
        process.wait()
        return 0


def port_is_free(port: int) -> bool:
    """Whether a server can be started on `port` of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
