"""The incident panel: a fleet at a glance, and the levers of an engineer on call."""

import random
import threading
from collections.abc import Callable
from html import escape
from pathlib import Path

import ipywidgets as widgets

from course.outage import Fleet, OutageError, Release
from course.outage.telemetry.annotations import Annotation
from course.outage.traffic import messages
from course.outage.traffic.load import Load

from . import latency, log_table, replicas
from .display import style
from .fleet_chart import STEP_S, in_words
from .live import MINUTES_PER_S, TICK_S, LiveView
from .place import Place

STYLE = style(Path(__file__).with_name("panel.css"))
# In pixels: both charts, the levers and the log fit on one screen of 1440 x 900.
WIDTH, MARGINS, PLOT_HEIGHT = 700, (84, 40), 100


class IncidentPanel:
    """A panel that shows `fleet` until `close`, with levers for the learner.

    It draws from a thread of its own, so cells can run meanwhile. Its buttons start the
    traffic `load` and deploy one of `releases`. `on_lever` is called with a sentence
    about each lever that was pulled, and its result.
    """

    def __init__(
        self,
        fleet: Fleet,
        load: Load,
        *releases: Release,
        minutes_per_s: float = MINUTES_PER_S,
        on_lever: Callable[[str], object] = lambda message: None,
    ) -> None:
        self.view = LiveView(fleet, minutes_per_s, incident=True)
        self.fleet, self.load, self._on_lever = fleet, load, on_lever
        self._choices = [*releases] or [Release.named("good"), Release.named("bad")]
        self._levers: list[Annotation] = []
        self._head, self._charts, self._replicas, self._log, self._message = (
            widgets.HTML() for _ in range(5)
        )
        self._release = widgets.Dropdown(options=[""], description="Release")
        kinds = ["any kind", *sorted(messages.MALFORMED)]
        self._kind = widgets.Dropdown(options=kinds, description="Malformed")
        self._level = widgets.Dropdown(options=log_table.LEVELS, description="Show")
        self._filter = widgets.Text(description="Containing", continuous_update=True)
        self._health_checks = widgets.Checkbox(
            description="Health checks", indent=False, layout={"width": "auto"}
        )
        self._name_what_runs()
        self.box = self._laid_out()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_drawing, daemon=True)
        self._place: Place | None = None

    def show(self) -> None:
        """Show the panel below the cell, and keep it up to date."""
        self._place = Place("Opening the incident panel …", "The incident panel")
        self.draw()
        self._place.end(self._as_html(), self.as_text(), self.box)
        self._thread.start()

    def close(self) -> None:
        """Replace the panel by a still picture; the fleet goes on."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._place is not None:
            self._place.end(self._as_html(), self.as_text())

    def _as_html(self) -> str:
        """Return the panel as it is now, without its levers."""
        return (
            f'{STYLE}<div class="outage-panel">{self._head_as_html()}'
            f"{self._charts_as_html(live=False)}{replicas.as_html(self.fleet.telemetry)}"
            "</div>"
        )

    def as_text(self) -> str:
        """Return the panel's content as text, for front ends without widgets."""
        levers = "fleet.deploy(release), fleet.rollback(), fleet.restart()"
        words = in_words(self.fleet.telemetry.series(STEP_S))
        return f"{words} The levers: {levers}, fleet.stop_traffic()."

    # --- levers

    def _laid_out(self) -> widgets.VBox:
        load = self.load
        mends = _group(
            "outage-mends",
            "Mitigate: brings the service back",
            widgets.HBox(
                [
                    self._lever("Roll back", self._roll_back, "rollback"),
                    self._lever("Restart", self._restart, "restart"),
                ]
            ),
        )
        harms = _group(
            "outage-harms",
            "⚠ Careful: can take the service down",
            widgets.HBox(
                [self._release, self._lever("Deploy", self._deploy, "deploy")]
            ),
            widgets.HBox(
                [
                    self._kind,
                    self._lever("Send one", self._send_one, "malformed", "sent one"),
                ]
            ),
        )
        traffic = _group(
            "outage-traffic",
            f"Traffic: {load.rate:g} a second, {load.malformed:.0%} malformed",
            widgets.HBox(
                [
                    self._lever("Start traffic", self._start_traffic, "play"),
                    self._lever("Stop traffic", self._stop_traffic, "stop"),
                ]
            ),
        )
        levers = widgets.VBox([self._replicas, mends, traffic, harms, self._message])
        levers.add_class("outage-side")
        grid = widgets.GridBox([self._charts, levers])
        grid.add_class("outage-grid")
        shown = widgets.HBox([self._level, self._filter, self._health_checks])
        shown.add_class("outage-filter")
        self._message.add_class("outage-said")
        box = widgets.VBox(
            [widgets.HTML(STYLE), self._head, grid, shown, self._log],
        )
        box.add_class("outage-panel")
        return box

    def _lever(
        self, name: str, pull: Callable[[], str], sign: str, note: str = ""
    ) -> widgets.Button:
        """Return a button that pulls a lever; `note` is what the chart says of it.

        Its `sign` is that of the chart, too; panel.css has the shapes. Deployments
        and restarts need no note: the chart reads them from the telemetry.
        """
        button = widgets.Button(description=name, layout={"width": "auto"})
        button.add_class(f"outage-{sign}")

        def work() -> None:
            if note:
                now = self.fleet.telemetry.now
                self._levers.append(Annotation(now, "lever", note))
            try:
                message = f"{name}: {pull()}"
            except OutageError as exc:
                message = f"{name}: {exc}"
            self._say(message)
            self._on_lever(message)

        def clicked(_: widgets.Button) -> None:
            self._say(f"{name} …")
            # A rollout takes seconds; the kernel stays free for cells.
            threading.Thread(target=work, daemon=True).start()

        button.on_click(clicked)
        return button

    def _deploy(self) -> str:
        self.fleet.deploy(self._choices[self._release.value])
        return f"“{self.fleet.release.name}” runs on every replica."

    def _roll_back(self) -> str:
        self.fleet.rollback()
        return f"back to “{self.fleet.release.name}”."

    def _restart(self) -> str:
        self.fleet.restart()
        return "every replica has a new process."

    def _send_one(self) -> str:
        kind = None if self._kind.value == "any kind" else self._kind.value
        kind, raw = messages.malformed(random.Random(), kind)
        reply = self.fleet.send(raw)
        return f"{kind}; came back: {reply}"

    def _start_traffic(self) -> str:
        self.fleet.start_traffic(self.load)
        return f"{self._load_in_words()}."

    def _stop_traffic(self) -> str:
        self.fleet.stop_traffic()
        return "nothing is sent any more."

    def _load_in_words(self) -> str:
        load = self.load
        return f"{load.rate:g} requests a second, {load.malformed:.0%} malformed"

    # --- what is shown

    def _keep_drawing(self) -> None:
        while not self._ended.wait(TICK_S):
            self.draw()

    def draw(self) -> None:
        """Update the panel to the present state of the fleet."""
        self._head.value = self._head_as_html()
        self._charts.value = self._charts_as_html(live=True)
        self._replicas.value = replicas.as_html(self.fleet.telemetry)
        self._log.value = log_table.as_html(
            self.fleet.telemetry.log_entries(),
            log_table.Filter(
                self._level.value, self._filter.value, self._health_checks.value
            ),
            self.view.time,
        )
        self._name_what_runs()

    def _head_as_html(self) -> str:
        return f'<div class="outage-head">{self.view.status()}</div>'

    def _charts_as_html(self, live: bool) -> str:
        size = {"live": live, "width": WIDTH, "margins": MARGINS}
        rates = self.view.chart(
            "Requests", levers=self._levers, plot_height=PLOT_HEIGHT, **size
        )
        return rates + latency.chart(self.fleet.telemetry, self.view.clock, **size)

    def _name_what_runs(self) -> None:
        """Mark the release that runs in the selector."""
        running = self.fleet.release.name
        options = [
            (
                f"{release.name} (running)"
                if release.name == running
                else release.name,
                i,
            )
            for i, release in enumerate(self._choices)
        ]
        if list(self._release.options) != options:
            chosen = self._release.index or 0
            self._release.options = options
            self._release.index = chosen

    def _say(self, text: str) -> None:
        self._message.value = f'<div role="status">{escape(text)}</div>'


def _group(name: str, title: str, *levers: widgets.Widget) -> widgets.VBox:
    """Return levers of one kind, under their title."""
    heading = widgets.HTML(f'<div class="outage-levers-name">{escape(title)}</div>')
    box = widgets.VBox([heading, *levers])
    box.add_class("outage-levers")
    box.add_class(name)
    return box
