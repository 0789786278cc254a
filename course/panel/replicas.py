"""The replicas of a fleet as tiles: what each of them is doing, and how it died."""

from dataclasses import dataclass

from jinja2 import Template

from course.outage.telemetry.events import Exit, ProcessEvent
from course.outage.telemetry.series import Telemetry

# For so long a tile shakes after a death, where the reader's system allows motion.
FELT_S = 1.5
WORDS = {
    "ready": ("●", "ready"),
    "started": ("◌", "starting"),
    "exited": ("✕", "dead"),
    "stopped": ("■", "stopped"),
    "down": ("✕", "given up"),
}

TILES = Template(
    """\
<div class="outage-tiles" role="group" aria-label="replicas">
{% for tile in tiles %}
<div class="outage-tile" data-state="{{ tile.state }}"
{%- if tile.shakes_for %} style="--age: -{{ tile.shakes_for }}s" data-felt{% endif %}>
<div class="outage-tile-name">replica {{ tile.replica }}</div>
<div class="outage-tile-state"><span aria-hidden="true">{{ tile.sign }}</span> \
{{ tile.word }}</div>
<div>{{ tile.release }} · {{ tile.what }}</div>
<div class="outage-tile-deaths">{% if tile.died %}died {{ tile.died }} ×\
{% else %}never died{% endif %}</div>
</div>
{% endfor %}
</div>
""",
    autoescape=True,
    trim_blocks=True,
)


@dataclass(frozen=True)
class Tile:
    """One replica: its state, in signs and words, and how often it died."""

    replica: int
    state: str
    release: str
    what: str
    died: int
    shakes_for: float

    @property
    def sign(self) -> str:
        """Return the sign of the state."""
        return WORDS[self.state][0]

    @property
    def word(self) -> str:
        """Return the word of the state."""
        return WORDS[self.state][1]


def tiles(telemetry: Telemetry) -> list[Tile]:
    """Return a tile for each replica, as it is now."""
    events = list(telemetry.processes)
    latest: dict[int, ProcessEvent] = {event.replica: event for event in events}
    died = [end.replica for end in telemetry.exits()]
    return [
        _tile(event, died.count(replica), telemetry.now)
        for replica, event in sorted(latest.items())
    ]


def _tile(event: ProcessEvent, died: int, now: float) -> Tile:
    state: str = event.state
    what, age = f"pid {event.pid}", now - event.t
    if isinstance(event, Exit):
        state = "stopped" if event.asked else "exited"
        what = f"exit {event.exit_code}"
    felt = state == "exited" and age < FELT_S
    shakes_for = max(0.01, round(age, 2)) if felt else 0.0
    return Tile(event.replica, state, event.release, what, died, shakes_for)


def as_html(telemetry: Telemetry) -> str:
    """Return the tiles of all replicas."""
    return str(TILES.render(tiles=tiles(telemetry)))
