"""The picture of a whole replay as a file of its own: the README's, for one."""

from course.outage.telemetry.alert import AlertHistory, BurnRateAlert
from course.outage.telemetry.series import Telemetry

from .fleet_chart import fleet_chart
from .live import incident_clock
from .marks import LIGHT

WIDTH, PLOT_HEIGHT = 860, 190


def picture(
    telemetry: Telemetry,
    minutes_per_s: float,
    title: str,
    colours: dict[str, str] = LIGHT,
) -> str:
    """Return all of `telemetry` as an SVG file, on June's clock once the alert fires.

    A second of the run stands for `minutes_per_s`.
    """
    history = AlertHistory(BurnRateAlert())
    history.follow(telemetry)
    svg = fleet_chart(
        telemetry,
        title,
        history,
        incident_clock(history, True, minutes_per_s),
        shown_s=telemetry.now,
        width=WIDTH,
        plot_height=PLOT_HEIGHT,
        colours=colours,
    )
    svg = svg.replace('style="', 'style="background:var(--paper);', 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}\n'
