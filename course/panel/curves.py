"""Runs compared: the successful requests a second of several fleets, in one picture."""

from collections.abc import Mapping

from IPython.display import display

from course.outage.telemetry import Telemetry

from .chart import Line, still

# Okabe and Ito's, as in chart.py.
STYLES = [
    ("#D55E00", (6, 4)),
    ("#009E73", ()),
    ("#0072B2", (2, 2)),
    ("#CC79A7", (8, 2)),
]
STEP_S = 1.0


def goodput(title: str, runs: Mapping[str, Telemetry]) -> None:
    """Show the goodput of up to four `runs`, by their labels."""
    lines = [
        Line(label, colour, dash)
        for label, (colour, dash) in zip(runs, STYLES, strict=False)
    ]
    rates = [[s.good_rate for s in told.series(STEP_S)] for told in runs.values()]
    steps = min(map(len, rates))
    columns = [[STEP_S * n for n in range(steps)], *(rate[:steps] for rate in rates)]
    words = "; ".join(
        f"{label}: {', '.join(f'{rate:.0f}' for rate in column[:steps])}"
        for label, column in zip(runs, rates, strict=True)
    )
    text = f"{title}. Successful requests in each second. {words}."
    picture = f"<div>{still(title, lines, columns, text)}</div>"
    display({"text/plain": text, "text/html": picture}, raw=True)
