"""The confinement that a fleet's owner asks for, to run other people's code in it."""

import sys
from dataclasses import asdict, dataclass
from typing import Any

DATABASE = "../orders.db"


@dataclass(frozen=True)
class Confinement:
    """How the replicas of a fleet that run other people's code are started and bounded.

    `interpreter` stands in place of `python` in the command of a replica, which is
    started in the folder of its release; from there, the database's file is DATABASE.

    With `forked`, "module:function", the command is not run where processes can be
    forked: it is the sys.argv of that function in a fork of the server at the address
    `forks` (see forkserver.py), or else of the one that has forked the supervisor.

    A replica that is not ready after `ready_within_s` seconds is given up.

    The replicas listen on Unix sockets, which a network of their own does not hide.
    Once they have written `output_bytes` in all, each is ended and stays down; a short
    line counts for more bytes than it has, see `replica.cost_of`. Neither are metrics
    scraped, which take long to read and may be a megabyte of them each time, nor is the
    database probed: it is theirs to damage.
    """

    interpreter: tuple[str, ...] = (sys.executable,)
    output_bytes: int = 32 << 20
    ready_within_s: float = 8.0
    forks: str = ""
    forked: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the confinement as plain data, for another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Confinement":
        """Return the confinement of which `to_json` has returned `data`."""
        return cls(**{**data, "interpreter": tuple(data["interpreter"])})
