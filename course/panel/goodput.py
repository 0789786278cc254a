"""Runs compared: the successful requests a second of several fleets, in one picture."""

from IPython.display import display

from .chart import Line, still
from .run import Run

# Okabe and Ito's, as in chart.py.
STYLES = [
    ("#D55E00", (6, 4)),
    ("#009E73", ()),
    ("#0072B2", (2, 2)),
    ("#CC79A7", (8, 2)),
]
STEP_S = 1.0


def goodput(title: str, *runs: Run) -> None:
    """Show the goodput of up to four `runs`, by their names. Raises RunIncomplete."""
    fleets = {
        name or run.name: told for run in runs for name, told in run.fleets.items()
    }
    lines = [
        Line(label, colour, dash)
        for label, (colour, dash) in zip(fleets, STYLES, strict=False)
    ]
    rates = [[s.good_rate for s in told.series(STEP_S)] for told in fleets.values()]
    steps = min(map(len, rates))
    columns = [[STEP_S * n for n in range(steps)], *(rate[:steps] for rate in rates)]
    words = "; ".join(
        f"{label}: {', '.join(f'{rate:.0f}' for rate in column[:steps])}"
        for label, column in zip(fleets, rates, strict=True)
    )
    text = f"{title}. Successful requests in each second. {words}."
    picture = f"<div>{still(title, lines, columns, text)}</div>"
    display({"text/plain": text, "text/html": picture}, raw=True)
