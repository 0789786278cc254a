"""The chart of a fleet: what its clients got, what happened, and how replicas lived."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from course.outage.incident.june import JuneClock
from course.outage.telemetry.alert import AlertHistory
from course.outage.telemetry.annotations import Annotation, annotations
from course.outage.telemetry.events import Exit
from course.outage.telemetry.series import Sample, Telemetry

from .chart import draw
from .marks import BLUE, GREEN, RED, Area, Chart, Span, Strip

STEP_S = 1.0
SHOWN_S = 60.0
LEAST_SHOWN_S = 15.0
SERVED = Area("served (2xx)", GREEN)
REFUSED = Area("refused (4xx)", BLUE, "dots")
FAILED = Area("failed (5xx or no answer)", RED, "stripes")
UNIT = "tries per second"


def fleet_chart(
    telemetry: Telemetry,
    title: str,
    history: AlertHistory,
    clock: JuneClock | None = None,
    levers: Sequence[Annotation] = (),
    shown_s: float = SHOWN_S,
    **options: Any,
) -> str:
    """Return the last `shown_s` seconds of `telemetry` as SVG, the time by `clock`.

    `levers` are notes on what telemetry has no events of; other `options` are those of
    Chart.
    """
    samples = telemetry.series(STEP_S, shown_s)
    history.follow(telemetry)
    since, until = shown(telemetry, shown_s)
    chart = Chart(
        title,
        UNIT,
        [sample.t for sample in samples],
        list(zip((SERVED, REFUSED, FAILED), _rates(samples), strict=True)),
        since,
        until,
        STEP_S,
        clock,
        [*annotations(telemetry), *_alert_notes(history), *levers],
        _alerts(history, telemetry.now),
        strips(telemetry),
        **{"margins": (84, 6), **options},
    )
    return draw(chart, in_words(samples))


def shown(telemetry: Telemetry, shown_s: float = SHOWN_S) -> tuple[float, float]:
    """Return the second at which a chart of `telemetry` begins, and where it ends.

    While the fleet runs, the chart of its first seconds has room for some more.
    """
    least = 1.0 if telemetry.over else LEAST_SHOWN_S
    return max(0.0, telemetry.now - shown_s), max(least, telemetry.now)


def _rates(samples: Sequence[Sample]) -> list[list[float]]:
    """Return the tries a second that were served, refused as the client's, failed."""
    failed = [sample.rate * sample.error_share for sample in samples]
    refused = [s.rate - s.good_rate - f for s, f in zip(samples, failed, strict=True)]
    return [
        [sample.good_rate for sample in samples],
        [round(max(0.0, rate), 2) for rate in refused],
        [round(rate, 2) for rate in failed],
    ]


def _alerts(history: AlertHistory, now: float) -> list[tuple[float, float]]:
    """Return the times in which the alert fired."""
    changes = [t for t, _ in history.changes]
    ends = [*changes[1::2], now]
    return list(zip(changes[::2], ends, strict=False))


def _alert_notes(history: AlertHistory) -> list[Annotation]:
    """Return when the alert fired first, and when it was over for good, if it is."""
    notes = [Annotation(t, "alert", "alert") for t, _ in history.changes[:1]]
    if history.changes and not history.firing:
        notes.append(Annotation(history.changes[-1][0], "resolved", "alert over"))
    return notes


def strips(telemetry: Telemetry) -> list[Strip]:
    """Return the life of each replica: its processes' states, and deaths."""
    spans: dict[int, list[Span]] = defaultdict(list)
    deaths: dict[int, list[tuple[float, str]]] = defaultdict(list)
    began: dict[int, tuple[float, str]] = {}

    def close(replica: int, t: float, what: str) -> None:
        if replica in began:
            since, state = began.pop(replica)
            title = f"replica {replica}, {what}: {state}"
            spans[replica].append(
                Span(since, t, "ready" if state == "ready" else "starting", title)
            )

    for event in list(telemetry.processes):
        what = f"process {event.pid} of {event.release}"
        close(event.replica, event.t, what)
        if event.state in ("started", "ready"):
            began[event.replica] = event.t, event.state
        if isinstance(event, Exit) and not event.asked:
            says = f"{what} died, exit code {event.exit_code}"
            deaths[event.replica].append((event.t, says))
        spans[event.replica] += []
    for replica in list(began):
        close(replica, telemetry.now, "still running")
    return [Strip(f"replica {r}", spans[r], deaths[r]) for r in sorted(spans)]


def in_words(samples: Sequence[Sample]) -> str:
    """Return the chart in words, for those who do not see it."""
    if not samples:
        return "No request has ended yet."
    first, last = samples[0], samples[-1]
    refused = _rates(samples)[1]
    return (
        f"From second {first.t:.0f} to {last.t:.0f}: successful requests went from"
        f" {first.good_rate:.0f} to {last.good_rate:.0f} a second, up to"
        f" {max(refused):.0f} a second got a 4xx, and"
        f" {last.restarts - first.restarts} processes died."
    )
