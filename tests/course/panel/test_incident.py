"""The parts of the incident panel: replicas as tiles, the log, its charts."""

import pytest

from course.outage.telemetry import recording
from course.outage.telemetry.events import LogEntry
from course.outage.telemetry.series import Telemetry
from course.panel import log_table, replicas


def june_until(t: float) -> Telemetry:
    """The processes of the recorded outage, as they were at second `t`."""
    telemetry = Telemetry()
    telemetry.processes = [e for e in recording.june().processes if e.t <= t]
    telemetry.now = t
    return telemetry


@pytest.mark.parametrize(
    ("t", "states"),
    [
        (1.0, ["ready", "ready"]),
        (4.4, ["starting", "ready"]),
        (11.0, ["dead", "dead"]),
        (12.0, ["dead", "starting"]),
    ],
)
def test_tiles_say_in_words_what_each_replica_does(t: float, states: list[str]) -> None:
    """Before the deployment, during it, and after the first malformed request."""
    assert [tile.word for tile in replicas.tiles(june_until(t))] == states


def test_a_death_is_felt_for_a_moment() -> None:
    """And stays on the tile: how it died, and how often."""
    [_, died] = replicas.tiles(june_until(10.0))
    assert died.shakes_for > 0
    assert died.what == "exit 1"
    assert "died 1 ×" in replicas.as_html(june_until(10.0))
    [_, later] = replicas.tiles(june_until(11.8))
    assert later.shakes_for == 0


def entry(**record: object) -> LogEntry:
    """A line of the log of replica 1."""
    return LogEntry(2.0, 1, 30898, record)


ANSWERED = {"event": "request.answered", "level": "info", "method": "GET"}
LOG = [
    entry(**ANSWERED, path="/readyz", status=200),
    entry(**ANSWERED, path="/orders", status=200),
    entry(**ANSWERED, path="/orders", status=500),
    entry(event="KeyError: <b>\n  a traceback", level="error"),
    entry(event="no JSON, no level"),
]


def test_the_log_leaves_health_checks_out_by_default() -> None:
    """They are most of it, and say what the tiles say."""
    paths = [line.path for line in log_table.tail(LOG, log_table.Filter())]
    assert paths == ["/orders", "/orders", "", ""]
    everything = log_table.tail(LOG, log_table.Filter(health_checks=True))
    assert everything[0].path == "/readyz"


def test_the_log_shows_method_path_status_and_how_grave_it_is() -> None:
    """As text, whatever a service logs."""
    looks = [line.look for line in log_table.tail(LOG, log_table.Filter())]
    assert looks == ["", "error", "error", ""]
    html = log_table.as_html(LOG, log_table.Filter(), "{:.0f} s".format)
    assert "<td>GET</td>\n<td>500</td>" in html.replace("</td><td>", "</td>\n<td>")
    assert "KeyError: &lt;b&gt;" in html
    assert "a traceback" not in html
    assert "2 s" in html


def test_the_log_can_be_searched() -> None:
    """By level, and by any text that a line shows."""
    errors = log_table.Filter(levels=log_table.LEVELS["errors"])
    assert [line.event for line in log_table.tail(LOG, errors)] == ["KeyError: <b>"]
    assert len(log_table.tail(LOG, log_table.Filter(containing="ORDERS"))) == 2
    assert "No line passes" in log_table.as_html(
        LOG, log_table.Filter(containing="no such"), str
    )
