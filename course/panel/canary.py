"""A rollout as a run of a lesson's stage: a canary beside the release in service."""

from course.outage import Fleet, Release
from course.outage.incident.rollout import Arm, Gate, roll_out
from course.outage.traffic.load import Load

from .run import Run, Stage

WEIGHT = 0.1
WATCHED_AFTERWARDS_S = 4.0


def behind_a_canary(
    stage: Stage, name: str, release: Release, load: Load, gate: Gate, looks: int = 12
) -> Run:
    """Roll `release` out beside the good one, and return the run; print each look.

    A tenth of `load` goes to the canary, until `gate` decides or the last of the
    `looks`, one a second. Raises OutageError.
    """
    good = Release.named("good")
    with stage.run(name, good) as run, Fleet(release, replicas=1) as canary:
        run.join("canary", canary)
        for look in roll_out(run.fleet, canary, load, WEIGHT, gate, looks):
            print(look)
        run.mark("decided")
        run.telemetry.wait(WATCHED_AFTERWARDS_S)
    stage.close()
    return run


def arms(run: Run) -> tuple[Arm, Arm]:
    """Return control and canary of a rollout, as they were when the gate decided."""
    ended = [t for t in run.telemetry.tries if t.last and t.done <= run["decided"]]
    control = Arm(len(ended), sum(t.outcome != "ok" for t in ended))
    return control, Arm.of(run.fleets["canary"], 0)
