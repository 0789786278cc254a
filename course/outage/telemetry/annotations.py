"""What happened to a fleet and when, as a chart notes it: rollouts, restarts, poison.

All of it is read from the events that the supervisor reported, so a recording has it,
too. The alert's changes are in alert.py, the deaths among `Telemetry.exits`.
"""

from dataclasses import dataclass
from typing import Literal

from .events import Exit
from .series import Telemetry

Kind = Literal[
    "deploy", "rollback", "restart", "malformed", "alert", "resolved", "lever"
]


@dataclass(frozen=True)
class Annotation:
    """Something that happened at second `t`, in a few words."""

    t: float
    kind: Kind
    text: str


def annotations(telemetry: Telemetry) -> list[Annotation]:
    """Return rollouts, restarts and the first malformed request, in order of time."""
    found = [*rollouts(telemetry), *first_malformed(telemetry)]
    return sorted(found, key=lambda annotation: annotation.t)


def first_malformed(telemetry: Telemetry) -> list[Annotation]:
    """Return when the first malformed request was due, if there was one."""
    due = min((t.due for t in list(telemetry.tries) if t.malformed), default=None)
    if due is None:
        return []
    return [Annotation(due, "malformed", "first malformed request")]


@dataclass(frozen=True)
class _Start:
    """A start of a replica that somebody asked for, at second `t`."""

    t: float
    replica: int
    before: str
    release: str


def rollouts(telemetry: Telemetry) -> list[Annotation]:
    """Return each deployment, rollback and restart of the replicas, when it began.

    To a release that has run before, it is a rollback.
    """
    found: list[Annotation] = []
    latest: list[_Start] = []  # of the rollout that is under way
    known: set[str] = set()
    for start in _asked_for(telemetry):
        known.add(start.before)
        replicas = {other.replica for other in latest}
        same = latest and latest[0].release == start.release
        restarts = start.before == start.release
        if (
            same
            and start.replica not in replicas
            and restarts == (latest[0].before == latest[0].release)
        ):
            latest.append(start)
            continue
        latest = [start]
        if restarts:
            found.append(Annotation(start.t, "restart", "restart"))
        elif start.release in known:
            text = f"rollback to {start.release}"
            found.append(Annotation(start.t, "rollback", text))
        else:
            found.append(Annotation(start.t, "deploy", f"deploy {start.release}"))
    return found


def _asked_for(telemetry: Telemetry) -> list[_Start]:
    """Return the starts with another release, or after a stop that was asked for."""
    found = []
    runs: dict[int, str] = {}
    stopped: dict[int, float] = {}
    for event in list(telemetry.processes):
        if isinstance(event, Exit) and event.asked:
            stopped[event.replica] = event.t
        elif event.state == "started":
            before, t = runs.get(event.replica), stopped.pop(event.replica, None)
            runs[event.replica] = event.release
            if before is not None and (before != event.release or t is not None):
                when = event.t if t is None else t
                found.append(_Start(when, event.replica, before, event.release))
    return found
