"""Settles the predictions of lesson 02; course/modules/README.md says how."""

from course.outage.fleet.failure import ANSWERED_WITHIN_S, Aftermath
from course.outage.telemetry.crashes import last_exception, tracebacks
from course.panel import Observed, Run


def most(run: Run) -> Observed:
    """Return how many logged tracebacks end with a request that was broken off."""
    ends = [last_exception(text) for text in tracebacks(run.telemetry)]
    broken_off = sum(
        end.endswith("CancelledError") or "connection" in end.lower() for end in ends
    )
    database = any(end.startswith("sqlite3") for end in ends)
    key = "b" if broken_off > len(ends) / 2 else "c" if database else "a"
    says = "tracebacks end with `CancelledError` or a closed connection."
    return Observed(key if run.deaths() else None, f"{broken_off} of {len(ends)}", says)


def sys_exit(seen: Aftermath) -> Observed:
    """Return whether the process outlived the request."""
    lives = seen.exit_code is None
    process = "lived on" if lives else f"ended with exit code {seen.exit_code}"
    return Observed(
        "b" if lives and seen.response.status == 500 else "a",
        status(seen),
        f"is what the client got. The process {process}.",
    )


def background(seen: Aftermath) -> Observed:
    """Return what the client got before the work behind its response failed."""
    key = {200: "a", 500: "b"}.get(seen.response.status or 0, "c")
    says = f"is what the client got. Errors in the log: {len(seen.errors)}."
    return Observed(key, status(seen), says)


def orphan(seen: Aftermath) -> Observed:
    """Return what came of a request that waited for a task that nobody awaits."""
    if seen.exit_code is not None:
        return Observed("b", f"{seen.exit_code}", "is the exit code of the process.")
    errors = f"Errors in the log: {len(seen.errors)}."
    if seen.response.outcome == "timeout":
        says = f"without an answer, and then the client gave up. {errors}"
        return Observed("c", f"{ANSWERED_WITHIN_S} s", says)
    return Observed("a", status(seen), f"is what the client got. {errors}")


def status(seen: Aftermath) -> str:
    """Return the status that the client got."""
    return str(seen.response.status or "No answer")
