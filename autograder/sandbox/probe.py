"""Proves that the sandbox of this machine works, by running something in it."""

import subprocess

from .errors import SandboxUnavailable
from .interpreter import Confined, interpreter

# It takes a tenth of a second on a quiet machine.
WITHIN_S = 120


def prove() -> str:
    """Run Python in the sandbox. Returns what it said, for the curious.

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


def _remedy(said: str) -> str:
    if "namespace" in said or "uid map" in said or "ermission" in said:
        return (
            "Unprivileged user namespaces are off, or this is a container that may not"
            " make any. Debian: sysctl kernel.unprivileged_userns_clone=1. Ubuntu from"
            " 23.10: sysctl kernel.apparmor_restrict_unprivileged_userns=0. Docker:"
            " run with --cap-add SYS_ADMIN --security-opt seccomp=unconfined"
            " --security-opt apparmor=unconfined, or grade on the host."
        )
    if "nknown option" in said:
        return "bubblewrap 0.5 or newer is needed; install a newer one."
    return "Run ./outage doctor, and see autograder/README.md."
