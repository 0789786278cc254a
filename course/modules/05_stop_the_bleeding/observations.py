"""Settles the predictions of lesson 05; course/modules/README.md says how."""

from course.outage.telemetry.alert import BurnRateAlert
from course.panel import Observed, Run


def back(run: Run) -> Observed:
    """Users are back once over 95% of a whole second's requests are served."""
    if not run.deaths():
        return Observed(None, "0", "processes died, so there was nothing to roll back.")
    steps = range(int(2 * (run["ended"] - run["ordered"])) - 4)
    starts = [run["ordered"] + step / 2 for step in steps]
    back_at = next((s for s in starts if run.served(s, s + 1) > 0.95), None)
    if back_at is None:
        return Observed(
            "c", f"{len(run.deaths())}", "processes died, and no end to it."
        )
    took_s = back_at + 1 - run["ordered"]
    says = "from the order until over 95% of a second's valid requests were served."
    return Observed("a" if took_s <= 5 else "b", f"{took_s:.1f} s", says)


def quiet(run: Run) -> Observed:
    """Whether the alert fired after the bug was out, and how many users were served."""
    told, since = run.telemetry, run["out"]
    fired = BurnRateAlert().fired(told, since)
    valid = [t for t in told.tries if t.due > since and not t.malformed]
    refused = sum(t.outcome == "client_error" for t in valid) / max(1, len(valid))
    logged = [e.record.get("level") for e in told.log_entries() if e.t > since]
    served = run.served(since)
    says = (
        f"of valid requests were served. {refused:.0%} were refused with a 4xx, and the"
        f" log has {logged.count('error')} errors."
    )
    if fired is None:
        return Observed("c" if 0.5 < served < 0.8 else None, f"{served:.0%}", says)
    return Observed("a" if fired - since < 5 else "b", f"{served:.0%}", says)


def rolling(run: Run) -> Observed:
    """The share of requests that were served while each process was replaced."""
    served = run.served(run["began"], run["restarted"])
    started = [e for e in run.telemetry.processes if e.state == "started"]
    says = f"of requests were served while {len(started) - 2} new processes took over."
    return Observed("a" if served > 0.99 else "b", f"{served:.1%}", says)
