"""Settles the predictions of lesson 12; course/modules/README.md says how."""

from collections.abc import Sequence

from course.outage.incident.rollout import Arm, Look
from course.panel import Observed, Run
from course.panel.canary import arms


def hurt(everybody: Run, rollout: Run) -> Observed:
    """How many failures the canary has left of those when everybody had the release."""
    before = Arm.of(everybody.telemetry, everybody["began"])
    control, canary = arms(rollout)
    share = canary.failed / max(1, before.failed)
    says = (
        f"of the failures are left: {canary.failed} at the canary, against"
        f" {before.failed} when everybody had the release. At control,"
        f" {control.share:.0%} of requests failed."
    )
    # Control shows what this machine does to a release that is fine.
    tells = control.share < 0.1 and rollout.fleets["canary"].exits()
    key = "c" if share < 0.07 else "b" if share < 0.3 else "a"
    return Observed(key if tells else None, f"{share:.1%}", says)


def wolf(ends: Sequence[Look]) -> Observed:
    """The share of rollouts of a good release that the gate rolled back."""
    alarms = [end for end in ends if end.decision == "roll back"]
    rate = len(alarms) / len(ends)
    says = f"of them: {len(alarms)} of {len(ends)} good releases were rolled back."
    if alarms:
        first = min((end.canary for end in alarms), key=lambda arm: arm.requests)
        says += (
            f" The earliest went back after {first.requests} requests to the canary,"
            f" of which {first.failed} had failed."
        )
    key = "a" if rate < 0.1 else "b" if rate < 0.6 else "c"
    return Observed(key, f"{rate:.0%}", says)


def unseen(calm: Run) -> Observed:
    """How many requests failed at the canary that met no malformed request."""
    telemetry = calm.fleets["canary"]
    canary, deaths = Arm.of(telemetry, 0), len(telemetry.exits())
    says = "requests failed at the canary. Its process "
    says += f"died {deaths} times." if deaths else "is alive."
    key = "a" if canary.failed >= 5 else "b" if canary.failed else "c"
    return Observed(key, f"{canary.failed} of {canary.requests}", says)
