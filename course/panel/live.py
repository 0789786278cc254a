"""A fleet, watched live: a chart that moves, and a line that says how things stand."""

import time
from html import escape
from typing import Any

from course.outage import Fleet
from course.outage.incident.june import JuneClock
from course.outage.telemetry.alert import AlertHistory, BurnRateAlert
from course.outage.telemetry.series import Telemetry

from .fleet_chart import STEP_S, fleet_chart, in_words
from .place import Place

TICK_S = 0.25
RATE_OVER_S = 2.0
# A second of the run is a second of the incident: the clock goes on while its reader
# reads, and after a coffee it is as much later as the coffee took.
MINUTES_PER_S = 1 / 60
BUSY_FROM = 1.5
ALERT = (
    '<strong style="background: #b31d28; color: #fff; padding: .1em .5em;'
    ' border-radius: 3px">ALERT: high error rate</strong>'
)


class LiveView:
    """Shows `fleet` while a cell runs. With `incident`, its time is that of 5 June.

    It is 14:00 when the alert fires, and a second of the fleet stands for
    `minutes_per_s` from then on. All of it is read from the telemetry: every view of a
    fleet shows the same time, whoever has watched.
    """

    def __init__(
        self,
        fleet: Fleet,
        minutes_per_s: float = MINUTES_PER_S,
        incident: bool = False,
    ) -> None:
        self.fleet = fleet
        self.minutes_per_s, self.incident = minutes_per_s, incident
        self.alert = BurnRateAlert()
        self.history = AlertHistory(self.alert)
        self.stopped = False

    @property
    def alerted_s(self) -> float | None:
        """Return the second at which the alert fired for the first time, if it did."""
        self.history.follow(self.fleet.telemetry)
        return self.history.fired_s

    @property
    def clock(self) -> JuneClock | None:
        """Return the clock of the incident, if this is one and the alert has fired."""
        self.history.follow(self.fleet.telemetry)
        return incident_clock(self.history, self.incident, self.minutes_per_s)

    def watch(self, seconds: float, title: str = "The fleet") -> None:
        """Show the fleet while it could run for `seconds`, then leave a still picture.

        Interrupting the cell ends the watching, which is then `stopped`; the fleet goes
        on. Raises MachineTooBusy, FleetGone.
        """
        telemetry = self.fleet.telemetry
        place = Place(self.as_html(title, live=True), title)
        limit = telemetry.limit(f"{seconds:g} s in which the fleet can run", seconds)
        try:
            while limit.left_s() and not telemetry.over:
                time.sleep(TICK_S)
                place.update(self.as_html(title, live=True), title)
            self.fleet.catch_up()
        except KeyboardInterrupt:
            self.stopped = True
            print("Stopped watching. The fleet goes on; run the cell again to see it.")
        finally:
            words = in_words(telemetry.series(STEP_S))
            place.end(self.as_html(title), f"{title}. {words}")

    def as_html(self, title: str, **options: Any) -> str:
        """Return the line that says how things stand, and the chart below it."""
        return (
            '<div style="line-height: 1.8; font-variant-numeric: tabular-nums">'
            f"{self.status()}</div>{self.chart(title, **options)}"
        )

    def chart(self, title: str, **options: Any) -> str:
        """Return the chart of the fleet as SVG; `options` are those of fleet_chart."""
        telemetry = self.fleet.telemetry
        return fleet_chart(telemetry, title, self.history, self.clock, **options)

    def status(self) -> str:
        """Return clock, alert, traffic and replicas, as one line of HTML."""
        telemetry = self.fleet.telemetry
        ready, replicas = telemetry.ready(), len(self.fleet.replica_addresses)
        died = len(telemetry.exits())
        now = f"{self.time()} UTC" if self.clock else self.time()
        now = "before 14:00 UTC" if self.incident and not self.clock else now
        failing = telemetry.error_share(telemetry.now - RATE_OVER_S, telemetry.now)
        traffic = "no traffic" if failing is None else f"{failing:.0%} of tries fail"
        return (
            f"<strong>{now}</strong> · {self.alert_as_html()} · {traffic}"
            f" · release “{escape(self.fleet.release.name)}”"
            f" · {ready} of {replicas} replicas ready · {died} died so far"
            f"{busy(telemetry.slowdown(telemetry.now - 1.0))}"
        )

    def time(self, t: float | None = None) -> str:
        """Return second `t`, by default the present, as the clock tells it."""
        t = self.fleet.telemetry.now if t is None else t
        if clock := self.clock:
            return clock.text(t, seconds=True)
        return f"second {t:.0f}"

    def alert_as_html(self) -> str:
        """Return whether the alert fires, or has fired."""
        self.history.follow(self.fleet.telemetry)
        if self.history.firing:
            return ALERT
        return "alert over" if self.history.changes else "no alert"


def incident_clock(
    history: AlertHistory, incident: bool, minutes_per_s: float = MINUTES_PER_S
) -> JuneClock | None:
    """Return the clock of an incident in which the alert has fired, else None."""
    if not incident or history.fired_s is None:
        return None
    return JuneClock(history.fired_s, minutes_per_s)


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


def picture_of(telemetry: Telemetry, title: str, incident: bool = False) -> str:
    """Return the chart as it is at the end of `telemetry`, as HTML."""
    history = AlertHistory(BurnRateAlert())
    history.follow(telemetry)
    return fleet_chart(telemetry, title, history, incident_clock(history, incident))
