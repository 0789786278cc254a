"""The proof that the sandbox works on this machine: a program that runs in it."""

import subprocess

from .errors import SandboxUnavailable
from .interpreter import Confined, interpreter

# An idle machine takes a tenth of a second.
WITHIN_S = 120


def prove() -> str:
    """Run Python in the sandbox, and return its output.

    Raises SandboxUnavailable, with a remedy, if it does not run or is not confined.
    """
    command = [*interpreter(Confined.SANDBOX), "-m", "platform"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as exc:
        raise SandboxUnavailable(
            f"bubblewrap has not ended after {WITHIN_S} s",
            "If this machine is busy, try again when it is not.",
        ) from exc
    if done.returncode == 0:
        return done.stdout.strip()
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    raise SandboxUnavailable(f"bubblewrap said: {lines[-1]}", _remedy(done.stderr))


def _remedy(stderr: str) -> str:
    if "namespace" in stderr or "uid map" in stderr or "ermission" in stderr:
        return (
            "Unprivileged user namespaces are off, or this is a container that may not"
            " make any. Debian: sysctl kernel.unprivileged_userns_clone=1. Ubuntu from"
            " 23.10: sysctl kernel.apparmor_restrict_unprivileged_userns=0. Docker:"
            " run with --cap-add SYS_ADMIN --security-opt seccomp=unconfined"
            " --security-opt apparmor=unconfined, or grade on the host."
        )
    if "nknown option" in stderr:
        return "bubblewrap 0.5 or newer is needed; install a newer one."
    return "Run ./outage doctor, and see autograder/README.md."
