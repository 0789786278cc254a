"""The line that says how things stand, and the one clock of all who look at a fleet."""

from types import SimpleNamespace
from typing import Any

import pytest

from course.outage import Release
from course.outage.telemetry import recording
from course.outage.telemetry.series import Telemetry
from course.panel import LiveView, Run
from course.panel.live import busy


def test_a_busy_machine_is_named_and_a_quiet_one_is_not() -> None:
    """With how long its replicas have waited."""
    assert busy(1.2) == ""
    assert "a second of the chart takes 2.4 s" in busy(2.4)


@pytest.fixture
def fleet() -> Any:
    """What a view needs of a fleet, with nothing reported so far."""
    return SimpleNamespace(
        telemetry=Telemetry(), release=Release.named("bad"), replica_addresses=[1, 2]
    )


def play(telemetry: Telemetry, until: float) -> None:
    """Report June's tries, from where it stands to second `until`."""
    for try_ in recording.june().tries:
        if telemetry.now <= try_.done < until:
            telemetry.add({"kind": "try", "t": try_.done, **vars(try_)})
    telemetry.now = until


def test_all_views_of_an_incident_have_one_clock(fleet: Any) -> None:
    """The lesson's looked on from the start; the panel's after a coffee."""
    lesson = LiveView(fleet, incident=True)
    play(fleet.telemetry, 9.0)
    assert "before 14:00 UTC" in lesson.status()
    assert lesson.time() == "second 9"
    play(fleet.telemetry, 11.5)
    assert "14:00:00 UTC" in lesson.status()
    assert "ALERT: high error rate" in lesson.status()
    fleet.telemetry.now += 600.0
    panel = LiveView(fleet, incident=True)
    assert panel.time() == lesson.time() == "14:10:00"
    assert panel.alerted_s == lesson.alerted_s == 11.25


def test_an_experiment_has_seconds(fleet: Any) -> None:
    """On its chart as well: a lesson at 14:40 would show 14:00 otherwise."""
    play(fleet.telemetry, 20.0)
    view = LiveView(fleet)
    assert "second 20" in view.status()
    assert "UTC" not in view.as_html("An experiment")
    assert "UTC" not in Run.of_recording("05", "hotfix 1").picture()
    assert "UTC" in Run.of_recording("01", "poisoned").picture()
