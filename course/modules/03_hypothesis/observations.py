"""Settles the predictions of lesson 03; course/modules/README.md says how."""

import statistics

from course.outage.incident.lift import lifts
from course.panel import Observed, Run

DEADLY = "names no backend"
STANDS_OUT_FROM = 3.0
ENOUGH_DEATHS = 3


def asked(run: Run) -> Observed:
    """Return the time of the median query during the outage, and before it."""
    sides: tuple[list[float], list[float]] = [], []
    for probe in run.telemetry.probes:
        if probe.ms is not None:
            sides[probe.t >= run["poisoned"]].append(probe.ms)
    before, during = sides
    if not run.deaths() or not before:
        return Observed(None, f"{len(run.deaths())}", "processes died.")
    if not during:
        return Observed("c", "0", "queries were answered during the outage.")
    before_ms, during_ms = statistics.median(before), statistics.median(during)
    times = during_ms / before_ms
    says = f"was the median query during the outage, {before_ms:.3f} ms before it."
    key = "a" if times >= 10 else "b" if times < 5 else None
    return Observed(key, f"{during_ms:.3f} ms", says)


def stormy(run: Run) -> Observed:
    """Return the lift of the deadly requests during the outage."""
    if len(run.deaths()) < ENOUGH_DEATHS:
        return Observed(None, f"{len(run.deaths())}", "processes died.")
    lift = lifts(run.telemetry, run["poisoned"])[DEADLY]
    key = "a" if lift >= STANDS_OUT_FROM else "b"
    says = f"is the lift of the deadly requests, over {len(run.deaths())} deaths."
    return Observed(key, f"{lift:.1f}", says)


def quiet(run: Run) -> Observed:
    """Return the lift of the deadly requests on a quiet replica."""
    if len(run.deaths()) < ENOUGH_DEATHS:
        return Observed(None, f"{len(run.deaths())}", "processes died.")
    found = lifts(run.telemetry, since=0.0)
    lift = found.pop(DEADLY)
    others = max(found.values())
    key = "a" if lift >= STANDS_OUT_FROM and lift > 2 * others else "b"
    says = f"is the lift of the deadly requests. The highest other: {others:.1f}."
    return Observed(key, f"{lift:.1f}", says)
