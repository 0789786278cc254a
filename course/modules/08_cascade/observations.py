"""Settles the predictions of lesson 08; course/modules/README.md says how."""

from course.panel import Observed, Run

# How long a user waits. A client's tries go on for longer.
PATIENCE_S = 0.5


def naive(run: Run) -> Observed:
    """When users are served again for good, after the malformed request."""
    since, until = struck(run), run["ended"] - 1.5
    # For good: a process that comes back with an empty queue serves for a second.
    times = [since + step / 2 for step in range(2, 21)]
    back = next((t for t in times if run.served(t, until, PATIENCE_S) > 0.9), None)
    key = "c" if back is None else "a" if back - since < 2 else "b"
    before = run.served(0, since, PATIENCE_S)
    calm = before > 0.9 and run.deaths(since)
    over = any(t.malformed and t.last for t in run.telemetry.tries)
    says = (
        "of valid requests were served in the last five seconds, against"
        f" {before:.0%} before the malformed one, which was due at second {since:.1f}."
        f" Processes that died: {len(run.deaths())}."
    )
    # If all was not well before, or is not over, this machine is what has been seen.
    tells = calm and over and run.telemetry.ready() == 2
    return Observed(key if tells else None, in_the_end(run), says)


def disciplined(run: Run) -> Observed:
    """How low the share of users who are served gets, and where it ends."""
    since = struck(run)
    worst = min(run.served(since + n, since + n + 1, PATIENCE_S) for n in range(4))
    end = run.served(run["ended"] - 6.5, run["ended"] - 1.5, PATIENCE_S)
    key = "c" if worst > 0.9 else "b" if end > 0.9 else "a"
    says = (
        "of valid requests were served in the last five seconds, and"
        f" {worst:.0%} in the worst second. Processes that died: {len(run.deaths())}."
    )
    return Observed(key if run.deaths(since) else None, in_the_end(run), says)


shedding = disciplined


def quarantine(without: Run, with_one: Run) -> Observed:
    """How many processes died with a quarantine, and what the last try was told."""
    tries = [t for t in with_one.telemetry.tries if t.malformed]
    died = len(with_one.deaths())
    refused = tries[-1:] and tries[-1].status == 422
    key = "c" if not died else "b" if refused and died <= 2 else "a"
    told = " and then ".join(str(t.status or t.outcome) for t in tries)
    says = (
        f"{'process' if died == 1 else 'processes'} died. The tries of the malformed"
        f" request brought: {told}. Without a quarantine {len(without.deaths())} died."
    )
    return Observed(key, str(died), says)


def struck(run: Run) -> float:
    """When the malformed request was due."""
    due = (t.due for t in run.telemetry.tries if t.malformed)
    return next(due, run["ended"])


def in_the_end(run: Run) -> str:
    """The share of valid requests served in the last five seconds."""
    return f"{run.served(run['ended'] - 6.5, run['ended'] - 1.5, PATIENCE_S):.0%}"
