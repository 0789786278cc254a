"""Settles the predictions of lesson 01; course/modules/README.md says how."""

from course.outage.telemetry.alert import BurnRateAlert
from course.panel import Observed, Run

SETTLED_AFTER_S = 3.0
BURN_OVER_S = 8.0


def deployment(run: Run) -> Observed:
    """Return the share of requests that were served while the release went out."""
    served = run.served(since=run["began"])
    says = "of requests were served, from the start of the deployment to the end."
    return Observed(
        "b" if served > 0.9 else "a" if served > 0.3 else "c", f"{served:.1%}", says
    )


def one_percent(run: Run) -> Observed:
    """Return the share of well-formed requests that were served all the same."""
    first = min(t.due for t in run.telemetry.tries if t.malformed)
    served, died = run.served(first + SETTLED_AFTER_S), len(run.deaths(since=first))
    figure = f"{served:.1%}"
    says = (
        "of well-formed requests were served, counted from 3 s after the first"
        f" malformed one. Processes that died: {died}."
    )
    if served < 0.1:
        return Observed("d" if died else None, figure, says)
    key = "c" if served < 0.7 else "b" if served < 0.95 else "a"
    return Observed(key, figure, says)


def rollback(run: Run) -> Observed:
    """Return the share of well-formed requests that the old release served."""
    since = run["restored"] + SETTLED_AFTER_S
    told, served, died = run.telemetry, run.served(since), len(run.deaths(since))
    burn = BurnRateAlert().burn_rate(told, told.now, BURN_OVER_S)
    answers = {
        str(t.status or "no answer")
        for t in told.tries
        if t.malformed and t.due > since
    }
    says = (
        "of well-formed requests were served, counted from 3 s after the old release"
        f" was back. Processes that died: {died}. Malformed requests were answered:"
        f" {', '.join(sorted(answers))}. Burn rate over the last 8 s: {burn:.0f}."
    )
    key = "b" if served > 0.95 else "c" if served > 0.3 else "a"
    return Observed(key, f"{served:.1%}", says)


def whole(share: float) -> Observed:
    """Return what the learner's function says of the whole recorded run."""
    key = "a" if share > 0.99 else "c" if share < 0.02 else "b"
    return Observed(key, f"{share:.1%}", "is what your function returns.")
