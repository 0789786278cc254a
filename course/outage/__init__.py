"""Run releases of the service as fleets of real processes, and watch them.

    Fleet (owner's process)  ── commands, one JSON object a line ──▶  supervisor
                             ◀── events: requests, processes, logs ──     │ spawns
                                                             replicas ◀───┤
    The reaper ends them all when the supervisor or the owner dies.  ◀────┘

Start with `Fleet` and `Release`; everything else is reached from there. Each room
imports only from the rooms below it:

    incident    the timeline of 5 June, its replay, the desk, rollouts
    fleet       the processes, how they start and how they end
    telemetry   what a fleet reports: series, scrapes, recordings, crashes, the alert
    traffic     what clients send, when they try again, what comes back

All four build on errors, release, lag and tempdirs. Answers that learners have handed
in import `requests`, so that module stays where it is.
"""

from .errors import OutageError
from .fleet.fleet import Fleet
from .release import Release

__all__ = ["Fleet", "OutageError", "Release"]
