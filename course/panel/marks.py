"""What a chart is made of: lines, areas, the lives of replicas, notes, and colors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from course.outage.incident.june import JuneClock
from course.outage.telemetry.annotations import Annotation

Values = Sequence[float | None]


@dataclass(frozen=True)
class Line:
    """A line of a chart, with dashes for people who cannot tell the colors apart.

    With `right`, it belongs to a scale of its own, at the right.
    """

    label: str
    colour: str
    dash: tuple[int, ...] = ()
    right: bool = False


@dataclass(frozen=True)
class Area:
    """A filled area, which stands on those before it; a texture tells it apart.

    The textures are "plain", "dots" and "stripes".
    """

    label: str
    colour: str
    texture: str = "plain"


# Colors of Okabe and Ito's, which are distinct in every kind of color blindness ("Color
# Universal Design", 2008) and on light and dark backgrounds.
GREEN, BLUE, RED, PURPLE = "#009E73", "#0072B2", "#D55E00", "#CC79A7"

# What a page may call the colors of its text, lines and background.
OF_THE_PAGE = {
    "ink": "var(--jp-ui-font-color1,var(--vscode-foreground,currentColor))",
    "rule": "var(--jp-border-color2,var(--vscode-panel-border,#8885))",
    "paper": "var(--jp-layout-color0,var(--vscode-editor-background,Canvas))",
}
LIGHT = {"ink": "#1f2328", "rule": "#d1d9e0", "paper": "#ffffff"}
DARK = {"ink": "#f0f6fc", "rule": "#3d444d", "paper": "#0d1117"}


@dataclass(frozen=True)
class Span:
    """A replica's process in one state, from second `since` to `until`."""

    since: float
    until: float
    state: Literal["starting", "ready"]
    title: str


@dataclass(frozen=True)
class Strip:
    """The life of one replica: the spans of its processes, and when one died."""

    label: str
    spans: Sequence[Span]
    deaths: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Chart:
    """All that a chart shows between the seconds `since` and `until`.

    Each value of `layers` belongs to the `step_s` seconds from one of `times` on: an
    area holds for them, a line leads from one to the next. `alerts` are spans of time.
    A `live` chart shows each layer's last value in the legend, and a still one those of
    the step under the pointer. With a `clock` the axis is June's. `width`,
    `plot_height` and the `margins` at the left and the right are in pixels.
    """

    title: str
    unit: str
    times: Sequence[float]
    layers: Sequence[tuple[Area | Line, Values]]
    since: float
    until: float
    step_s: float = 1.0
    clock: JuneClock | None = None
    notes: Sequence[Annotation] = ()
    alerts: Sequence[tuple[float, float]] = ()
    strips: Sequence[Strip] = ()
    live: bool = False
    width: int = 800
    plot_height: int = 130
    margins: tuple[int, int] = (52, 6)
    colours: dict[str, str] = field(default_factory=lambda: OF_THE_PAGE)
