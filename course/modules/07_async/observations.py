"""Settles the predictions of lesson 07; course/modules/README.md says how."""

from course.outage.traffic.wire import Response
from course.panel import Observed, Run


def orphan(run: Run, health: Response, ready: Response) -> Observed:
    """Who is served after the malformed request, and what the health check says."""
    since, until = run["struck"] + 0.5, run["ended"] - 1.5
    before, after = run.served(0, run["struck"]), run.served(since, until)
    records = [e.record for e in run.telemetry.log_entries() if e.t > since]
    errors = [r for r in records if r.get("level") not in ("info", None)]
    died = run.deaths()
    key = "a" if died else "b" if after > 0.9 else "c" if health.status == 200 else None
    says = (
        f"of valid requests were served after the malformed one, {before:.0%} before."
        f" /healthz says {health.status}, /readyz {ready.status}. Processes that died:"
        f" {len(died)}. Warnings and errors in the log: {len(errors)}."
    )
    return Observed(key if before > 0.9 else None, f"{after:.0%}", says)


def deaf(took_s: float, timed_out: bool) -> Observed:
    """When the block ended, and whether its time-out raised."""
    says = f"until it ended, {'with' if timed_out else 'without'} a TimeoutError."
    key = "a" if took_s < 0.5 else "c" if timed_out else "b"
    return Observed(key, f"{took_s:.1f} s", says)
