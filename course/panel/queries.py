"""A fleet's failures beside its database: what clients see, and what it sees."""

from IPython.display import display

from .chart import DIED, FAILED, Line, still
from .run import Run

STEP_S = 0.5
QUERY = Line("database query, hundredths of a millisecond", "#0072B2", (1, 2))
LINES = [FAILED, QUERY, DIED]


def queries(title: str, run: Run) -> None:
    """Show the failures of `run`, and the time of queries. Raises RunIncomplete."""
    samples = [s for s in run.telemetry.series(STEP_S) if s.db_ms is not None]
    columns = [
        [s.t for s in samples],
        [s.rate * s.error_share for s in samples],
        [100 * (s.db_ms or 0.0) for s in samples],
        [float(s.restarts) for s in samples],
    ]
    text = (
        f"{title}. Failures rise to {max(columns[1], default=0):.0f} a second; queries"
        f" take {max(columns[2], default=0) / 100:.2f} ms at most."
    )
    picture = still(title, LINES, columns, text, "per second, or 1/100 ms")
    display({"text/plain": text, "text/html": picture}, raw=True)
