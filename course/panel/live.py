"""A fleet, watched live: a chart that moves, and a line that says how things stand."""

import time

import ipywidgets as widgets
from IPython.display import HTML, display

from course.outage import Fleet
from course.outage.incident.june import JuneClock
from course.outage.telemetry.alert import BurnRateAlert
from course.outage.telemetry.series import Sample, Telemetry

from .chart import DIED, FAILED, GOOD, live_chart, still

TICK_S = 0.25
STEP_S = 0.5
SHOWN_S = 60.0
RATE_OVER_S = 2.0
MINUTES_PER_S = 2.0
BUSY_FROM = 1.5
ALERT = (
    '<strong style="background: #b31d28; color: #fff; padding: 0 .4em">'
    "ALERT: high error rate</strong>"
)
LINES = [GOOD, FAILED, DIED]


class LiveView:
    """Shows `fleet` while a cell runs, and keeps the second at which the alert fired.

    14:00 on the June clock is when the alert fires, and a second of the run stands for
    `minutes_per_s` from then on.
    """

    def __init__(self, fleet: Fleet, minutes_per_s: float = MINUTES_PER_S) -> None:
        self.fleet = fleet
        self.minutes_per_s = minutes_per_s
        self.alert = BurnRateAlert()
        self.alerted_s: float | None = None
        self.stopped = False

    def watch(self, seconds: float, title: str = "The fleet") -> None:
        """Show the fleet while it could run for `seconds`, then leave a still picture.

        Interrupting the cell ends the watching, which is then `stopped`; the fleet goes
        on. Raises MachineTooBusy, FleetGone.
        """
        telemetry = self.fleet.telemetry
        chart = live_chart(title, LINES)
        status = widgets.HTML()
        handle = display(widgets.VBox([status, chart]), display_id=True)
        limit = telemetry.limit(f"{seconds:g} s in which the fleet can run", seconds)
        try:
            while limit.left_s() and not telemetry.over:
                time.sleep(TICK_S)
                self.look()
                chart.data = columns(telemetry.series(STEP_S, SHOWN_S))
                status.value = f'<div class="outage-status">{self.status()}</div>'
            self.fleet.catch_up()
        except KeyboardInterrupt:
            self.stopped = True
            print("Stopped watching. The fleet goes on; run the cell again to see it.")
        finally:
            picture = picture_of(telemetry, title)
            if handle is not None:
                handle.update(HTML(f"<div>{self.status()}</div>{picture}"))

    def status(self) -> str:
        """Return June clock, alert, traffic and replicas, as one line of HTML."""
        telemetry = self.fleet.telemetry
        if self.alerted_s is None:
            clock, alert = "13:5x UTC", "no alert"
        else:
            june = JuneClock(self.alerted_s, self.minutes_per_s)
            clock = f"{june.text(telemetry.now)} UTC"
            firing = self.alert.firing(telemetry, telemetry.now)
            alert = ALERT if firing else "alert over"
        ready, replicas = telemetry.ready(), len(self.fleet.replica_addresses)
        died = len(telemetry.exits())
        failing = telemetry.error_share(telemetry.now - RATE_OVER_S, telemetry.now)
        traffic = "no traffic" if failing is None else f"{failing:.0%} of tries fail"
        return (
            f"<strong>{clock}</strong> · {alert} · {traffic}"
            f" · release “{self.fleet.release.name}”"
            f" · {ready} of {replicas} replicas ready · {died} died so far"
            f"{busy(telemetry.slowdown(telemetry.now - 1.0))}"
        )

    def look(self) -> None:
        """Keep the present second if the alert fires for the first time."""
        telemetry = self.fleet.telemetry
        if self.alerted_s is None and self.alert.firing(telemetry, telemetry.now):
            self.alerted_s = telemetry.now


def busy(slowdown: float) -> str:
    """Return a note that a second of the fleet takes `slowdown` seconds.

    It is empty if the slowdown is below BUSY_FROM.
    """
    if slowdown < BUSY_FROM:
        return ""
    return (
        " · <strong>this machine is busy: a second of the chart takes"
        f" {slowdown:.1f} s</strong>"
    )


def picture_of(telemetry: Telemetry, title: str) -> str:
    """Return the chart as it is at the end of `telemetry`, as HTML."""
    samples = telemetry.series(STEP_S, SHOWN_S)
    return still(title, LINES, columns(samples), in_words(samples))


def columns(samples: list[Sample]) -> list[list[float]]:
    """Return the chart's data: times, good and failed tries a second, deaths so far."""
    return [
        [sample.t for sample in samples],
        [sample.good_rate for sample in samples],
        [round(sample.rate * sample.error_share, 1) for sample in samples],
        [float(sample.restarts) for sample in samples],
    ]


def in_words(samples: list[Sample]) -> str:
    """Return the chart in words, for those who do not see it."""
    if not samples:
        return "No request has ended yet."
    first, last = samples[0], samples[-1]
    return (
        f"From second {first.t:.0f} to {last.t:.0f}: successful requests went from"
        f" {first.good_rate:.0f} to {last.good_rate:.0f} a second, and"
        f" {last.restarts - first.restarts} processes died."
    )
