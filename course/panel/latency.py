"""The chart of latencies: how long clients wait, and how long the database takes."""

from collections.abc import Sequence
from typing import Any

from course.outage.incident.june import JuneClock
from course.outage.telemetry.series import Sample, Telemetry

from .chart import draw
from .fleet_chart import SHOWN_S, STEP_S, shown
from .marks import BLUE, PURPLE, RED, Chart, Line

TITLE = "Latency of successful requests"
P50 = Line("p50, ms", BLUE)
P99 = Line("p99, ms", RED, (6, 4))
QUERY = Line("a database query, ms (right)", PURPLE, (2, 3), right=True)
PLOT_HEIGHT = 62


def chart(telemetry: Telemetry, clock: JuneClock | None, **options: Any) -> str:
    """Return the latencies of the last minute as SVG; `options` are those of Chart."""
    samples = telemetry.series(STEP_S, SHOWN_S)
    since, until = shown(telemetry)
    layers = [
        (P50, [sample.p50_ms for sample in samples]),
        (P99, [sample.p99_ms for sample in samples]),
        (QUERY, [sample.db_ms for sample in samples]),
    ]
    times = [sample.t for sample in samples]
    options = {"plot_height": PLOT_HEIGHT, **options}
    return draw(
        Chart(TITLE, "ms", times, layers, since, until, STEP_S, clock, **options),
        in_words(samples),
    )


def in_words(samples: Sequence[Sample]) -> str:
    """Return the chart in words, for people who cannot see it."""
    last = samples[-1] if samples else None
    if last is None or last.p99_ms is None:
        return "No request has succeeded just now."
    query = "not measured" if last.db_ms is None else f"{last.db_ms:.2f} ms"
    return (
        f"Half of the requests take up to {last.p50_ms:.0f} ms, 99% up to"
        f" {last.p99_ms:.0f} ms; a database query takes {query}."
    )
