"""The runs of a lesson: what they keep, and what they do when they were not."""

from collections.abc import Iterator

import pytest

from course.outage import Fleet, OutageError, Release
from course.outage.errors import MachineTooBusy
from course.outage.telemetry.recording import save_scenes, scenes_path
from course.outage.traffic.load import Load
from course.panel import Run, Stage
from course.panel.run import RunIncomplete

pytestmark = pytest.mark.process

GOOD, BAD = Release.named("good"), Release.named("bad")


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A stage that leaves no fleet behind."""
    stage = Stage("test")
    yield stage
    stage.close()


def test_a_run_stays_as_it_was_at_its_end(stage: Stage) -> None:
    """The fleet goes on; what is told of the run does not change."""
    with stage.run("served", GOOD, Load(rate=30), replicas=1) as run:
        run.telemetry.wait(1.5)
    until, served = run["ended"], run.served(since=0)
    assert stage.fleet.telemetry.wait_for(lambda t: t.now > until + 0.5, 10)
    assert run.telemetry.now == until
    assert run.served(since=0) == served > 0.9
    assert not run.deaths()
    assert run.tries(0, 1) == [t for t in run.telemetry.tries if t.due < 1] != []


def test_a_start_says_at_once_what_it_starts_and_how_far_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From no replica to all of them."""
    said: list[str] = []

    class Place:
        def __init__(self, html: str, text: str) -> None:
            said.append(text)

        def update(self, html: str, text: str) -> None:
            said.append(text)

    monkeypatch.setattr("course.panel.starting.Place", Place)
    with stage.run("served", GOOD, Load(rate=30)):
        pass
    assert said[0] == "Starting 2 replicas of “good” … 0 ready"
    assert said[-1] == "2 replicas of “good”: ready."


def test_a_run_goes_on_with_the_fleet_of_the_one_before(stage: Stage) -> None:
    """And begins with one of its own when its cell is run again."""
    with stage.run("first", GOOD, replicas=1) as first:
        fleet = first.fleet
    with stage.run("second", BAD, replicas=1, after=first) as second:
        assert second.fleet is fleet
    with stage.run("second", BAD, replicas=1, after=first) as again:
        assert again.fleet is not fleet
        assert again.fleet.release.name == "bad"
    with pytest.raises(RunIncomplete):
        second.served(0)


def test_a_run_that_did_not_come_to_its_end_names_its_cell(stage: Stage) -> None:
    """Its name is bound all the same, for the cells that come after."""
    broken = GOOD.called("broken").replace("app.py", "raise SystemExit(3)")
    with (
        pytest.raises(OutageError, match="'broken' does not start"),
        stage.run("broken one", broken, replicas=1) as run,
    ):
        run.watch(1, "never seen")
    with pytest.raises(RunIncomplete, match="the cell with 'broken one' in it again"):
        run.served(0)


def test_an_exception_in_its_cell_ends_a_run(stage: Stage) -> None:
    """Whatever has happened up to there is nothing to tell of."""
    with (
        pytest.raises(MachineTooBusy),
        stage.run("cut short", GOOD, replicas=1) as run,
    ):
        raise MachineTooBusy("something", 60.0, 1.0)
    with pytest.raises(RunIncomplete):
        run["began"]


def test_a_recorded_run_says_what_the_live_one_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """Moments, shares, deaths, and a second fleet."""
    monkeypatch.setattr("course.outage.telemetry.recording.RECORDINGS", tmp_path)
    with (
        stage.run("both", GOOD, Load(rate=30), replicas=1) as live,
        Fleet(BAD, replicas=1) as other,
    ):
        live.join("other", other)
        live.mark("half")
        live.telemetry.wait(1.0)
    save_scenes([live.scene()], scenes_path("test"))
    kept = Run.of_recording("test", "both")
    assert kept["half"] == live["half"]
    assert kept.served(0) == live.served(0)
    assert kept.lag == pytest.approx(live.lag, abs=0.01)
    assert kept.fleets["other"].ready() == 1
    assert "successful requests" in kept.picture()
