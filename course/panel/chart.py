"""Charts over time as SVG: one picture, live or still, for light and dark pages.

A page draws them without a kernel and without JavaScript: the colors are the page's own
(JupyterLab's, VS Code's, else those of its text), and each step says its figures when
the pointer rests on it.
"""

from collections.abc import Sequence

from .drawing import Drawing
from .marks import PURPLE, RED, Chart, Line, Values

__all__ = ["DIED", "FAILED", "Columns", "Line", "draw", "still"]

# The times in seconds, then the values of each line; None is a gap.
Columns = Sequence[Values]

FAILED = Line("failed tries, per second", RED, (6, 4))
DIED = Line("processes died so far (right)", PURPLE, (2, 3), right=True)


def still(
    title: str, lines: list[Line], data: Columns, alternative: str, unit: str = ""
) -> str:
    """Return a chart of `lines` as HTML, for notebooks that are read anywhere."""
    times = [t or 0.0 for t in data[0]]
    layers = list(zip(lines, data[1:], strict=True))
    margins = 52, 40 if any(line.right for line in lines) else 6
    until = max([*times, 1.0])
    chart = Chart(title, unit, times, layers, 0.0, until, margins=margins)
    return draw(chart, alternative)


def draw(chart: Chart, alternative: str) -> str:
    """Return `chart` as an SVG element; `alternative` says it in words."""
    return Drawing(chart, alternative).svg()
