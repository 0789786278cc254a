"""A comparison of runs: the successful requests a second of their fleets."""

from IPython.display import display

from .chart import Line, still
from .marks import BLUE, GREEN, PURPLE, RED
from .run import Run

STYLES = [(RED, (6, 4)), (GREEN, ()), (BLUE, (2, 2)), (PURPLE, (8, 2))]
STEP_S = 1.0


def goodput(title: str, *runs: Run) -> None:
    """Show the goodput of up to four `runs`, by their names. Raises RunIncomplete."""
    fleets = {
        name or run.name: telemetry
        for run in runs
        for name, telemetry in run.fleets.items()
    }
    lines = [
        Line(label, colour, dash)
        for label, (colour, dash) in zip(fleets, STYLES, strict=False)
    ]
    rates = [[s.good_rate for s in t.series(STEP_S)] for t in fleets.values()]
    steps = min(map(len, rates))
    columns = [[STEP_S * n for n in range(steps)], *(rate[:steps] for rate in rates)]
    figures = "; ".join(
        f"{label}: {', '.join(f'{rate:.0f}' for rate in column[:steps])}"
        for label, column in zip(fleets, rates, strict=True)
    )
    text = f"{title}. Successful requests in each second. {figures}."
    picture = still(title, lines, columns, text, "served per second")
    display({"text/plain": text, "text/html": picture}, raw=True)
