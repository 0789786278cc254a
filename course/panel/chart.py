"""Line charts: live by uPlot in the browser (vendored, MIT), still by matplotlib."""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import anywidget
import traitlets

# The times in seconds, then the values of each line; None is a gap.
Columns = Sequence[Sequence[float | None]]

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"


@dataclass(frozen=True)
class Line:
    """A line of a chart, with dashes for people who cannot tell the colors apart.

    With `right`, it belongs to the axis at the right, which has whole numbers.
    """

    label: str
    colour: str
    dash: tuple[int, ...] = ()
    right: bool = False


# Three of Okabe and Ito's colors, which are distinct in every kind of color blindness
# ("Color Universal Design", 2008) and on light and dark backgrounds.
GOOD = Line("answered with 2xx, per second", "#009E73")
FAILED = Line("failed tries, per second", "#D55E00", (6, 4))
DIED = Line("processes died so far (right)", "#CC79A7", (2, 3), right=True)


class LiveChart(anywidget.AnyWidget):  # type: ignore[misc]
    """A chart of lines over time, which is drawn again when `data` is assigned."""

    _esm = (
        (VENDOR / "uPlot.iife.min.js").read_text("utf-8")
        + "\n"
        + (HERE / "chart.js").read_text("utf-8")
    )
    _css = (VENDOR / "uPlot.min.css").read_text("utf-8") + (
        HERE / "chart.css"
    ).read_text("utf-8")
    data = traitlets.List().tag(sync=True)
    lines = traitlets.List().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(240, help="In pixels.").tag(sync=True)
    alternative = traitlets.Unicode().tag(sync=True)


def live_chart(title: str, lines: list[Line], height: int = 240) -> LiveChart:
    """Return an empty chart with `lines`; `height` is in pixels."""
    return LiveChart(
        title=title,
        height=height,
        lines=[vars(line) | {"dash": list(line.dash)} for line in lines],
        data=[[] for _ in range(len(lines) + 1)],
        alternative=title,
    )


def picture(title: str, lines: list[Line], data: Columns) -> bytes:
    """Draw a chart of `data`, as for LiveChart, and return it as SVG."""
    # Not at the top: the import takes 0.8 s, and checking an answer draws nothing.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 2.8), layout="constrained")
    axes = figure.add_subplot()
    right = axes.twinx()
    drawn = []
    for line, values in zip(lines, data[1:], strict=True):
        style = (0, line.dash) if line.dash else "-"
        drawn += (right if line.right else axes).plot(
            numbers(data[0]),
            numbers(values),
            color=line.colour,
            linestyle=style,
            label=line.label,
        )
    # Leave space for the legend above the highest point.
    axes.set_ylim(0, max(1.0, 1.25 * highest(lines, data, right=False)))
    right.set_ylim(0, max(4.0, 1.4 * highest(lines, data, right=True)))
    right.yaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_visible(any(line.right for line in lines))
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("seconds")
    axes.grid(alpha=0.3)
    axes.legend(handles=drawn, fontsize=8, loc="upper left", ncols=len(lines))
    svg = io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    return svg.getvalue()


def numbers(values: Sequence[float | None]) -> list[float]:
    """Return `values` with NaN, a gap to matplotlib, in place of None."""
    return [math.nan if value is None else value for value in values]


def highest(lines: list[Line], data: Columns, right: bool) -> float:
    """Return the highest value of the lines on the right axis, or on the left one."""
    values = zip(lines, data[1:], strict=True)
    drawn = (x for line, xs in values if line.right is right for x in xs)
    return max((x for x in drawn if x is not None), default=0)


def still(title: str, lines: list[Line], data: Columns, alternative: str) -> str:
    """Return the chart as an <img>, for notebooks that are read without a kernel."""
    encoded = base64.b64encode(picture(title, lines, data)).decode()
    return (
        f'<img alt="{escape(alternative)}" style="max-width: 100%"'
        f' src="data:image/svg+xml;base64,{encoded}">'
    )
