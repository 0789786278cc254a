"""A JupyterHub for a class, as a sample: see README.md beside it.

    jupyterhub -f jupyterhub_config.py

Everybody is a user of the operating system, and gets the course as `outage learn` or
`outage teach` opens it, in a server of their own. Assignments travel through nbgrader's
exchange, a folder on this machine.
"""

import os
import random
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from pwd import getpwnam
from typing import Any

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub puts it here

# --- Change these, in the environment or here.
INSTRUCTORS = set(os.environ.get("OUTAGE_INSTRUCTORS", "instructor").split())
LEARNERS = set(os.environ.get("OUTAGE_LEARNERS", "").split())
# The instructors' clone, with the solutions: no learner may read it (chmod 770).
CLONE = Path(os.environ.get("OUTAGE_CLONE", "/srv/outage/course"))
# The archive that `outage package` has made of it: every learner may read it.
PACKAGE = Path(os.environ.get("OUTAGE_PACKAGE", "/srv/outage/outage-course.zip"))
EXCHANGE = Path(os.environ.get("OUTAGE_EXCHANGE", "/srv/outage/exchange"))

c.JupyterHub.bind_url = os.environ.get("OUTAGE_HUB", "http://127.0.0.1:8000")
# --- The rest should work as it is.

# Passwords are those of the operating system (PAM), the hub's default.
c.Authenticator.allowed_users = INSTRUCTORS | LEARNERS
c.ConfigurableHTTPProxy.command = str(
    Path(__file__).parent / "node_modules/.bin/configurable-http-proxy"
)
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.http_timeout = c.Spawner.start_timeout = 120

UNPACK = """
set -e
[ -d outage-course ] && exit
rm -rf .outage-course.partial
"$1" -m zipfile -e "$2" .outage-course.partial
mv .outage-course.partial/outage-course outage-course
rmdir .outage-course.partial
"""


def free_port() -> int:
    """Return a port that nobody listens on, below those that systems hand out.

    A server listens seconds after its port was chosen. Of the ports that the system
    hands out, the fleet of somebody's lesson may have taken it by then.
    """
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as asked, suppress(OSError):
            asked.bind(("127.0.0.1", port))
            return port


def open_the_course(spawner: Any) -> None:
    """Set what a server opens, and on which port; unpack a new learner's course."""
    spawner.port = free_port()
    user = getpwnam(spawner.user.name)
    teaches = spawner.user.name in INSTRUCTORS
    course = CLONE if teaches else Path(user.pw_dir, "outage-course")
    if not teaches:
        # As that user, because root must not write into a folder that others control.
        subprocess.run(
            ["sh", "-c", UNPACK, "unpack", sys.executable, str(PACKAGE)],
            cwd=user.pw_dir,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            check=True,
        )
    # Learners keep the copy that they began with; the command has moved since.
    moved = (course / "autograder" / "cli").is_dir()
    module = "autograder.cli" if moved else "course.cli"
    spawner.cmd = [sys.executable, "-m", module, "teach" if teaches else "learn"]
    spawner.environment = {
        "PYTHONPATH": str(course),
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "OUTAGE_EXCHANGE": str(EXCHANGE),
    }


c.Spawner.pre_spawn_hook = open_the_course
