"""The incident panel: a fleet at a glance, and the levers of an engineer on call."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from html import escape

import ipywidgets as widgets
from IPython.display import HTML, display
from jinja2 import Template

from course.outage import Fleet, OutageError, Release
from course.outage.telemetry.series import Sample, Telemetry
from course.outage.traffic import messages
from course.outage.traffic.load import Load

from .chart import Columns, Line, live_chart, still
from .live import (
    LINES,
    MINUTES_PER_S,
    SHOWN_S,
    STEP_S,
    TICK_S,
    LiveView,
    columns,
    in_words,
)

P50 = Line("p50, ms", "#0072B2")
P99 = Line("p99, ms", "#D55E00", (6, 4))
QUERY = Line("a database query, ms (right)", "#CC79A7", (2, 3), right=True)
LATENCIES = [P50, P99, QUERY]
HEIGHT = 185  # so that both charts, the levers and the log fit on one screen
LOG_LINES = 12
LOG_LINES_READ = 5_000  # for a filter: four times a second
LEVELS = {
    "every line": (),
    "warnings and errors": ("warning", "error", "critical"),
    "errors": ("error", "critical"),
}


REPLICAS = Template(
    """\
<table class="outage-table">
<thead><tr><td></td><th scope="col">state</th><th scope="col">process</th>
<th scope="col">died so far</th></tr></thead>
<tbody>
{% for i, event in latest %}
<tr><th scope="row">replica {{ i }}</th><td>{{ event.state }}</td>
<td>{{ event.pid }}</td><td>{{ died[i] }}</td></tr>
{% endfor %}
</tbody></table>
""",
    autoescape=True,
    trim_blocks=True,
)


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
        self.view = LiveView(fleet, minutes_per_s)
        self.fleet, self.load, self._on_lever = fleet, load, on_lever
        choices = [*releases] or [Release.named("good"), Release.named("bad")]
        self._rates = live_chart("Requests", LINES, HEIGHT)
        self._latencies = live_chart(
            "Latency of successful requests", LATENCIES, HEIGHT
        )
        self._status, self._replicas, self._log = (widgets.HTML() for _ in range(3))
        self._message = widgets.HTML()
        self._release = widgets.Dropdown(
            options=[(r.name, r) for r in choices], description="Release"
        )
        kinds = ["any kind", *sorted(messages.MALFORMED)]
        self._kind = widgets.Dropdown(options=kinds, description="Malformed")
        self._level = widgets.Dropdown(options=LEVELS, description="Show")
        self._filter = widgets.Text(description="Containing", continuous_update=True)
        self.box = widgets.VBox(
            [
                self._status,
                self._rates,
                self._latencies,
                self._replicas,
                widgets.HBox(
                    [
                        self._release,
                        self._lever("Deploy", self._deploy),
                        self._lever("Roll back", self._roll_back),
                        self._lever("Restart", self._restart),
                    ]
                ),
                widgets.HBox(
                    [
                        self._kind,
                        self._lever("Send one", self._send_one),
                        self._lever("Start traffic", self._start_traffic),
                        self._lever("Stop traffic", self._stop_traffic),
                    ]
                ),
                self._message,
                widgets.HBox([self._level, self._filter]),
                self._log,
            ]
        )
        self.box.add_class("outage-panel")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_drawing, daemon=True)
        self._place = None

    def show(self) -> None:
        """Show the panel below the cell, and keep it up to date."""
        bundle = self.box._repr_mimebundle_() | {"text/plain": self.as_text()}
        self._place = display(bundle, raw=True, display_id=True)
        self._thread.start()

    def close(self) -> None:
        """Replace the panel by a still picture; the fleet goes on."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        samples = self.fleet.telemetry.series(STEP_S, SHOWN_S)
        pictures = [
            still("Requests", LINES, columns(samples), in_words(samples)),
            still(
                "Latency of successful requests",
                LATENCIES,
                latencies(samples),
                latency_in_words(samples),
            ),
        ]
        status = f"<div>{self.view.status()}</div>"
        if self._place is not None:
            self._place.update(HTML(status + "".join(pictures) + self._table()))

    def as_text(self) -> str:
        """Return the panel's content as text, for front ends without widgets."""
        samples = self.fleet.telemetry.series(STEP_S, SHOWN_S)
        levers = "fleet.deploy(release), fleet.rollback(), fleet.restart()"
        return f"{in_words(samples)} The levers: {levers}, fleet.stop_traffic()."

    # --- levers

    def _lever(self, name: str, pull: Callable[[], str]) -> widgets.Button:
        button = widgets.Button(description=name, layout={"width": "auto"})

        def work() -> None:
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
        self.fleet.deploy(self._release.value)
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
        share = f"{self.load.malformed:.0%} of them malformed"
        return f"{self.load.rate:g} requests a second, {share}."

    def _stop_traffic(self) -> str:
        self.fleet.stop_traffic()
        return "nothing is sent any more."

    # --- what is shown

    def _keep_drawing(self) -> None:
        while not self._ended.wait(TICK_S):
            self.draw()

    def draw(self) -> None:
        """Update the panel to the present state of the fleet."""
        samples = self.fleet.telemetry.series(STEP_S, SHOWN_S)
        self.view.look()
        self._rates.data = columns(samples)
        self._rates.alternative = in_words(samples)
        self._latencies.data = latencies(samples)
        self._latencies.alternative = latency_in_words(samples)
        self._status.value = f'<div class="outage-status">{self.view.status()}</div>'
        self._replicas.value = self._table()
        self._log.value = log_tail(
            self.fleet.telemetry, self._level.value, self._filter.value
        )

    def _say(self, text: str) -> None:
        self._message.value = f'<div role="status">{escape(text)}</div>'

    def _table(self) -> str:
        telemetry = self.fleet.telemetry
        latest = {event.replica: event for event in list(telemetry.processes)}
        died = Counter(end.replica for end in telemetry.exits())
        return str(REPLICAS.render(latest=sorted(latest.items()), died=died))


def latencies(samples: list[Sample]) -> Columns:
    """Return the columns of the second chart: times, p50, p99, query; None is a gap."""
    return [
        [sample.t for sample in samples],
        [sample.p50_ms for sample in samples],
        [sample.p99_ms for sample in samples],
        [sample.db_ms for sample in samples],
    ]


def latency_in_words(samples: list[Sample]) -> str:
    """Return the second chart in words, for people who cannot see it."""
    last = samples[-1] if samples else None
    if last is None or last.p99_ms is None:
        return "No request has succeeded just now."
    query = "not measured" if last.db_ms is None else f"{last.db_ms:.2f} ms"
    return (
        f"Half of the requests take up to {last.p50_ms:.0f} ms, 99% up to"
        f" {last.p99_ms:.0f} ms; a database query takes {query}."
    )


def log_tail(telemetry: Telemetry, levels: tuple[str, ...], containing: str) -> str:
    """Return the last lines of the replicas' logs that pass the filter, as HTML."""
    lines: list[str] = []
    for entry in reversed(telemetry.log_entries()[-LOG_LINES_READ:]):
        record = entry.record
        level = str(record.get("level", ""))
        event = str(record.get("event", "")).strip().partition("\n")[0]
        text = f"{entry.t:7.2f} {entry.pid} {level} {event}"
        if (not levels or level in levels) and containing.lower() in text.lower():
            lines.append(text[:160])
            if len(lines) == LOG_LINES:
                break
    tail = escape("\n".join(reversed(lines)) or "(no line passes the filter)")
    return f'<pre class="outage-log">{tail}</pre>'
