"""Runs releases of the service as a fleet of real processes, and watches them.

    Fleet (owner's process)  ── commands, one JSON object a line ──▶  supervisor
                             ◀── events: requests, processes, logs ──     │ spawns
                                                             replicas ◀───┤
    The reaper ends them all when the supervisor or the owner dies.  ◀────┘

Start with `Fleet` and `Release`; everything else is reached from there.
"""

from .errors import OutageError
from .fleet.fleet import Fleet
from .release import Release

__all__ = ["Fleet", "OutageError", "Release"]
