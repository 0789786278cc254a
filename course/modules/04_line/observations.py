"""Settles the predictions of lesson 04; course/modules/README.md says how."""

from collections import Counter
from collections.abc import Mapping, Sequence

from course.outage.traffic.wire import Response
from course.panel import Observed


def mined(raising: Mapping[bytes, Exception], requests: Sequence[bytes]) -> Observed:
    """Return how many of the captured requests make resolve() raise, and what."""
    share = len(raising) / len(requests)
    types = Counter(type(exc).__name__ for exc in raising.values())
    key = "a" if share < 0.01 else "b" if share <= 0.05 else "c" if share < 0.5 else "d"
    says = (
        f"of {len(requests):,} captured requests make `resolve()` raise. By type: "
        + ", ".join(f"`{name}` {count}" for name, count in types.most_common())
    )
    return Observed(key, f"{len(raising)}", f"{says}.")


def left(lines: Sequence[bytes]) -> Observed:
    """Return the lines of the smallest request that still kills."""
    routed = any(line.startswith(b"X-Route") for line in lines)
    key = "c" if len(lines) > 3 else "a" if routed else "b"
    shown = ", ".join(f"`{line.decode()}`" for line in lines)
    return Observed(key, f"{len(lines)} lines", f"are left: {shown}.")


def answers(good: Response, june: Response) -> Observed:
    """Return what each release answers to the malformed request."""
    key = {(500, 500): "b", (500, None): "a", (400, 500): "c"}
    figure = " and ".join(str(answer.status or "none") for answer in (good, june))
    says = "are the answers of the good release and of June's."
    return Observed(key.get((good.status, june.status)), figure, says)
