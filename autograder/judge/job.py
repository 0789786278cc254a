"""The job that the judge hands to the process that runs the checks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.sandbox import Confined, Limits, interpreter
from course.outage import Release
from course.outage.fleet.confinement import DATABASE, Confinement

# What a fork is to call that runs other people's code.
FORKED = {
    Confined.SANDBOX: "autograder.sandbox.join:main",
    Confined.LIMITS: "autograder.sandbox.inside.launch:forked",
}


@dataclass(frozen=True)
class Job:
    """The answers, the release that they make, and how both are confined.

    The key of each answer is the name that its cell defines. `forks` is the address of
    the fork server for the release, or empty. Every time limit is multiplied by
    `patience`. `only` names the checks to run; if it is empty, all of them run.
    """

    answers: Mapping[str, str]
    release: Release
    confined: Confined
    seed: int
    forks: str = ""
    patience: float = 1.0
    only: tuple[str, ...] = ()

    @property
    def confinement(self) -> Confinement:
        """Return how fleets of the release are confined. Raises SandboxUnavailable."""
        return confinement(self.confined, self.forks, self.patience)

    def write(self, path: Path) -> None:
        """Write the job to a file, as JSON."""
        release = {"name": self.release.name, "modules": dict(self.release.modules)}
        data: dict[str, Any] = {
            "answers": dict(self.answers),
            "release": release,
            "confined": self.confined.value,
            "seed": self.seed,
            "forks": self.forks,
            "patience": self.patience,
            "only": self.only,
        }
        path.write_text(json.dumps(data))

    @classmethod
    def read(cls, path: Path) -> "Job":
        """Read a job that `write` has written."""
        data = json.loads(path.read_text("utf-8"))
        return cls(
            data["answers"],
            Release(**data["release"]),
            Confined(data["confined"]),
            data["seed"],
            data["forks"],
            data["patience"],
            tuple(data["only"]),
        )


def confinement(
    confined: Confined, forks: str = "", patience: float = 1.0
) -> Confinement:
    """Return how a fleet runs other people's code. Raises SandboxUnavailable."""
    limits = Limits(wall_s=int(Limits.wall_s * patience), children=False)
    database = [DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"]
    argv = interpreter(confined, limits, read=["."], write=database)
    # Whether a fork can join a sandbox must have been tried, and `forks` says that it
    # was. For limits alone, the server of any supervisor will do.
    forked = FORKED[confined] if forks or confined is Confined.LIMITS else ""
    return Confinement(argv, forks=forks, forked=forked)
