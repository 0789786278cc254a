"""Settles the predictions of lesson 13; course/modules/README.md says how."""

from course.panel import Observed, Run

SESSIONS = 4  # those of a replica


def holds(morning: Run, questions: Run) -> Observed:
    """Deaths, sessions held, and what clients get, once nearly nobody is served."""
    newest = {s.replica: s for s in questions.telemetry.scrapes}
    held = [int(s.value("directory_sessions_open")) for s in newest.values()]
    since, until = questions["ended"] - 5, questions["ended"] - 2.5
    tries = [t for t in questions.telemetry.tries if since <= t.due < until]
    got = ", ".join(sorted({str(t.status or t.outcome) for t in tries}))
    first = min(t.due for t in questions.telemetry.tries if t.malformed)
    calm, served = morning.served(0, first), questions.served(since, until)
    deaths = len(questions.deaths())
    says = (
        f"sessions are taken in the replica that holds most. {deaths} processes died."
        f" Clients get: {got}. Of valid requests {served:.0%} are served, and before"
        f" the first malformed one it was {calm:.0%}."
    )
    key = "a" if deaths else "c" if max(held) < SESSIONS else "b"
    tells = calm > 0.9 and served < 0.2
    return Observed(key if tells else None, f"{max(held)} of {SESSIONS}", says)


def back(restarted: Run) -> Observed:
    """How many of each second's valid requests were served after the restart began."""
    began = restarted["began"]
    seconds = range(int(restarted["ended"] - began) - 1)
    shares = [restarted.served(began + n, began + n + 1) for n in seconds]
    key = "a" if min(shares[-4:]) > 0.9 else "b" if max(shares) > 0.1 else "c"
    served = " ".join(f"{share:.0%}" for share in shares)
    says = f"of valid requests were served in the best second. One by one: {served}."
    return Observed(None if restarted.deaths() else key, f"{max(shares):.0%}", says)


def mended(run: Run) -> Observed:
    """The share of valid requests that the fix served, once traffic was back."""
    served = run.served(since=run["began"] + 2)
    says = "of valid requests are served."
    return Observed("a" if served > 0.95 else "b", f"{served:.0%}", says)


def words() -> Observed:
    """The sentence that names what was seen; no run settles this."""
    return Observed("c")
