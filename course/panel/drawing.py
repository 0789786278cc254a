"""What stands inside of a chart's frame, for the template chart.svg.jinja."""

from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from . import scale
from .frame import CHARACTER, LANE_HEIGHT, STRIP_GAP, STRIP_HEIGHT, Frame
from .marks import GREEN, RED, Area, Values

BURST_WIDTH = 40  # in pixels
MOST_STEPS = 200
SIGNS = {"deploy": "▲", "rollback": "◀", "restart": "●", "malformed": "◆", "lever": "■"}
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


class Drawing(Frame):
    """Everything in one chart, each with its place."""

    alarm = RED

    def svg(self) -> str:
        """Return the picture."""
        svg = str(TEMPLATES.get_template("chart.svg.jinja").render(d=self))
        return svg.replace("\n<", "<").strip()

    # --- what is drawn

    @property
    def textures(self) -> list[tuple[str, str, str]]:
        """Return the patterns: name, color and kind."""
        found = [(str(i), a.colour, a.texture) for i, (a, _) in enumerate(self._areas)]
        return [*found, ("s", GREEN, "stripes")] if self.chart.strips else found

    @property
    def paths(self) -> list[dict[str, Any]]:
        """Return the areas, from the lowest up, then the lines."""
        edges = self._stacked
        found: list[dict[str, Any]] = []
        for i, (area, _) in enumerate(self._areas):
            if outline := self._area(edges[i], edges[i + 1]):
                fill = f"url(#{self.id}{i})"
                found.append(
                    {"d": outline, "fill": fill, "stroke": area.colour, "width": 1.2}
                )
        for side in ("left", "right"):
            for line, values in self._on(side):
                found.append(
                    {
                        "d": self._line(values, side),
                        "fill": "none",
                        "stroke": line.colour,
                        "width": 2,
                        "dash": " ".join(map(str, line.dash)),
                    }
                )
        return found

    def _ends(self) -> list[tuple[float, float]]:
        """Return where each step begins and ends."""
        times, step_s = self.chart.times, self.chart.step_s
        return [(self.x(t), self.x(t + step_s)) for t in times]

    def _area(self, lower: list[float], upper: list[float]) -> str:
        """Return the outline of each stretch in which the area is not empty."""
        steps = [
            (x, end, self.y(below), self.y(above))
            for (x, end), below, above in zip(self._ends(), lower, upper, strict=True)
        ]
        path = []
        for filled, stretch in groupby(steps, lambda step: step[2] > step[3]):
            if filled:
                there = list(stretch)
                path.append(f"M{there[0][0]:g} {there[0][2]:g}")
                path += (f"V{above:g}H{end:g}" for _, end, _, above in there)
                path += (f"V{below:g}H{x:g}" for x, _, below, _ in reversed(there))
                path.append("z")
        return "".join(path)

    def _line(self, values: Values, side: str) -> str:
        path, pen = [], "M"
        for t, value in zip(self.chart.times, values, strict=True):
            if value is None or value != value:
                pen = "M"
                continue
            path.append(f"{pen}{self.x(t):g} {self.y(value, side)}")
            pen = "L"
        return "".join(path)

    @property
    def bursts(self) -> list[tuple[float, str]]:
        """Return where the areas are cut off, and the height of each; highest first.

        Those too close to a higher one for its number to be read are left out.
        """
        if not self._areas:
            return []
        steps = zip(self._ends(), self._stacked[-1], strict=True)
        over = [((a + b) / 2, v) for (a, b), v in steps if v > self.highest["left"]]
        kept: list[tuple[float, float]] = []
        for x, value in sorted(over, key=lambda burst: -burst[1]):
            if all(abs(x - other) > BURST_WIDTH for other, _ in kept):
                kept.append((x, value))
        return [(round(x, 1), f"{value:.0f}") for x, value in kept]

    @property
    def bands(self) -> list[dict[str, Any]]:
        """Return the times in which the alert fired."""
        shown = [(a, b) for a, b in self.chart.alerts if b > self.chart.since]
        return [
            {
                "x": self.x(since),
                "width": round(self.x(until) - self.x(since), 1),
                "title": f"alert: {self.when(since)} to {self.when(until)}",
            }
            for since, until in shown
        ]

    @property
    def notes(self) -> list[dict[str, Any]]:
        """Return what happened; its words are left out where there is no room."""
        return [
            {
                "x": self.x(note.t),
                "y": self.top - 8 - (self.lanes - 1 - (lane or 0)) * LANE_HEIGHT,
                "text": "" if lane is None else note.text,
                "text_x": self.x(note.t) + (-4 if before else 4),
                "anchor": "end" if before else "start",
                "sign": SIGNS.get(note.kind, "▼"),
                "title": f"{self.when(note.t)}: {note.text}",
            }
            for note, lane, before in self.placed
        ]

    @property
    def strips(self) -> list[dict[str, Any]]:
        """Return a strip for each replica, and in it the life of its processes."""
        fills = {"ready": GREEN, "starting": f"url(#{self.id}s)"}
        return [
            {
                "label": strip.label,
                "y": self._strip_y(i),
                "spans": [
                    {
                        "x": self.x(span.since),
                        "width": round(self.x(span.until) - self.x(span.since), 1),
                        "fill": fills[span.state],
                        "stroke": GREEN,
                        "title": span.title,
                    }
                    for span in strip.spans
                    if span.until > self.chart.since
                ],
            }
            for i, strip in enumerate(self.chart.strips)
        ]

    def _strip_y(self, i: int) -> float:
        return self.bottom + 8 + i * (STRIP_HEIGHT + STRIP_GAP)

    @property
    def deaths(self) -> list[dict[str, Any]]:
        """Return a cross for each process that died."""
        return [
            {
                "x": self.x(t),
                "y": self._strip_y(i) + STRIP_HEIGHT / 2,
                "title": f"{self.when(t)}: {title}",
            }
            for i, strip in enumerate(self.chart.strips)
            for t, title in strip.deaths
            if t >= self.chart.since
        ]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Return what the chart says of each step under the pointer."""
        if self.chart.live or len(self.chart.times) > MOST_STEPS:
            return []
        columns = [(layer.label, values) for layer, values in self.chart.layers]
        return [
            {
                "x": x,
                "width": round(end - x, 1),
                "title": f"{self.when(t)}: "
                + ", ".join(f"{_short(v[i])} {label}" for label, v in columns),
            }
            for i, ((x, end), t) in enumerate(
                zip(self._ends(), self.chart.times, strict=True)
            )
            if end > x
        ]

    # --- what explains it

    @property
    def legend(self) -> list[dict[str, Any]]:
        """Return an entry for each layer; their places do not depend on the values."""
        x, found = float(self.left), []
        areas = 0
        for layer, values in self.chart.layers:
            last = values[-1] if values else None
            value = _short(last) if self.chart.live else ""
            entry: dict[str, Any] = {"x": x, "label": layer.label, "value": value}
            if isinstance(layer, Area):
                entry |= {"fill": f"url(#{self.id}{areas})", "stroke": layer.colour}
                areas += 1
            else:
                dash = " ".join(map(str, layer.dash))
                entry |= {"stroke": layer.colour, "dash": dash}
            found.append(entry)
            room = len(layer.label) + (6 if self.chart.live else 1)
            x = round(x + 30 + room * CHARACTER, 1)
        return found

    @property
    def key(self) -> list[dict[str, Any]]:
        """Return what the strips show."""
        if not self.chart.strips:
            return []
        left, died = self.left, sum(len(s.deaths) for s in self.chart.strips)
        starting = f"url(#{self.id}s)"
        return [
            {"x": left, "fill": GREEN, "stroke": GREEN, "label": "ready"},
            {"x": left + 65, "fill": starting, "stroke": GREEN, "label": "starting"},
            {"x": left + 145, "stroke": RED, "label": f"died ({died})"},
        ]


def _short(value: float | None) -> str:
    """Return a value with as many digits as one reads at a glance."""
    if not scale.known([value]):
        return "–"
    assert value is not None
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"
