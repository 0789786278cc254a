"""The frame of a chart: its size, its scales and its axes."""

import zlib
from functools import cached_property

from course.outage.telemetry.annotations import Annotation

from . import scale
from .marks import Area, Chart, Line, Values

# In pixels; the lanes are those for what happened, above the plot of a fleet.
LANES, LANE_HEIGHT = 3, 14
CHARACTER = 6.3  # the width of one, on average
STRIP_HEIGHT, STRIP_GAP, AXIS_HEIGHT = 10, 5, 38


class Frame:
    """The places of the axes of one chart, and of what happens at a time or value."""

    strip_height = STRIP_HEIGHT
    legend_y = 36

    def __init__(self, chart: Chart, alternative: str) -> None:
        self.chart, self.title, self.unit = chart, chart.title, chart.unit
        self.alternative, self.width = alternative, chart.width
        self.id = f"c{zlib.crc32(repr(chart).encode()):x}"
        colours = "".join(f"--{k}:{v};" for k, v in chart.colours.items())
        self.style = (
            f"{colours}display:block;width:100%;max-width:{self.width * 1.2:.0f}px;"
            "height:auto;font:12px var(--jp-ui-font-family,system-ui,sans-serif);"
            "font-variant-numeric:tabular-nums"
        )
        left, right = chart.margins
        self.left, self.right = left, self.width - right
        self.placed = self._placed()
        self.top = 48 + self.lanes * LANE_HEIGHT
        self.bottom = self.top + chart.plot_height
        self.middle = (self.top + self.bottom) / 2
        strips = len(chart.strips) * (STRIP_HEIGHT + STRIP_GAP)
        self.floor = self.bottom + (strips + 4 if strips else 0)
        self.height = self.floor + AXIS_HEIGHT
        self.highest = {side: self._highest(side) for side in ("left", "right")}

    # --- scales

    def x(self, t: float) -> float:
        """Return where second `t` stands, inside of the plot."""
        share = (t - self.chart.since) / (self.chart.until - self.chart.since)
        return self._within(self.left + share * (self.right - self.left))

    def y(self, value: float, side: str = "left") -> float:
        """Return how high `value` stands; what is too high is cut off."""
        share = min(value / self.highest[side], 1.0)
        return round(self.bottom - share * (self.bottom - self.top), 1)

    @property
    def lanes(self) -> int:
        """Return how many lanes there are for words; a live chart must not jump."""
        if self.chart.live:
            return LANES if self.chart.strips else 0
        return 1 + max((lane or 0 for _, lane, _ in self.placed), default=-1)

    def _placed(self) -> list[tuple[Annotation, int | None, bool]]:
        """Return each note with a free lane, if any, and whether its words go before.

        They go before its time where there is too little room behind.
        """
        ends = [0.0] * LANES
        found: list[tuple[Annotation, int | None, bool]] = []
        for note in sorted(self.chart.notes, key=lambda note: note.t):
            if not self.chart.since <= note.t <= self.chart.until:
                continue
            x, width = self.x(note.t), (len(note.text) + 2) * CHARACTER
            before = x + width > self.right
            begins = x - width if before else x
            lane = next((i for i, end in enumerate(ends) if end <= begins), None)
            if lane is not None:
                ends[lane] = begins + width + 8
            found.append((note, lane, before))
        return found

    def _within(self, x: float) -> float:
        return round(min(max(x, self.left), self.right), 1)

    def _on(self, side: str) -> list[tuple[Line, Values]]:
        """Return the lines on that side."""
        return [
            (layer, values)
            for layer, values in self.chart.layers
            if isinstance(layer, Line) and layer.right is (side == "right")
        ]

    @cached_property
    def _areas(self) -> list[tuple[Area, Values]]:
        return [(a, v) for a, v in self.chart.layers if isinstance(a, Area)]

    @cached_property
    def _stacked(self) -> list[list[float]]:
        """Return the lower edge of each area, then the upper one of the last."""
        edges = [[0.0] * len(self.chart.times)]
        for _, values in self._areas:
            heights = zip(edges[-1], values, strict=True)
            edges.append([below + _number(value) for below, value in heights])
        return edges

    def _highest(self, side: str) -> float:
        """Return the value at the top: all of the lines, of areas not the bursts.

        When a process dies, all its clients fail at once, several times the load. What
        stands above three quarters of the steps is cut off, and marked.
        """
        lines = [v for _, column in self._on(side) for v in column]
        highest = [1.0, max(scale.known(lines), default=0.0)]
        if side == "left" and self._areas:
            total = [value for value in self._stacked[-1] if value]
            highest += [scale.quantile(total, 0.75)]
            highest += [scale.quantile(self._areas[0][1], 0.95)]
        return scale.HEADROOM * max(highest)

    # --- axes

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Return the height and the label of each tick of the left axis."""
        return [(self.y(v), f"{v:g}") for v in scale.ticks(self.highest["left"])]

    @property
    def right_ticks(self) -> list[tuple[float, str]]:
        """Return those of the right axis, if there is one."""
        if not self._on("right"):
            return []
        ticks = scale.ticks(self.highest["right"])
        return [(self.y(v, "right"), f"{v:g}") for v in ticks]

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Return the place and the label of each tick of the time axis."""
        most = max(2, int((self.right - self.left) / 80))
        chart = self.chart
        ticks = scale.time_ticks(chart.since, chart.until, chart.clock, most)
        return [(self.x(t), label) for t, label in ticks]

    @property
    def axis(self) -> str:
        """Return the title of the time axis."""
        return "time, UTC" if self.chart.clock else "seconds since the fleet started"

    def when(self, t: float) -> str:
        """Return second `t` as the axis tells it."""
        clock = self.chart.clock
        return clock.text(t, seconds=True) if clock else f"second {t:.0f}"


def _number(value: float | None) -> float:
    """Return `value`, or 0 where nothing was measured."""
    return next(iter(scale.known([value])), 0.0)
