"""A fleet from its owner's side: start, deploy, restart, stop, and clear errors."""

import gc
import socket
import time

import psutil
import pytest

from autograder.judge import Exercise, JudgingFailed, judge
from course.outage import Fleet, Release, tempdirs
from course.outage.errors import (
    FleetGone,
    NoRoom,
    PortInUse,
    ReleaseDoesNotStart,
    ReleaseNotFound,
)
from course.outage.traffic.load import Load
from course.outage.traffic.messages import http_request
from course.outage.traffic.retries import Retries
from tests.course.outage.fleet.test_owner import is_gone

pytestmark = pytest.mark.process

VALID = http_request(b'{"region": "eu-west", "shard": 3}')
POISON = http_request(b"{")
PATIENT = Retries(timeout_s=30.0)  # what is lost is lost, and what is late is not
BROKEN = Release("broken", {"routing.py": "import a_module_that_nobody_has\n"})


def test_replicas_share_a_port_and_answer_on_it() -> None:
    """Two processes, one address."""
    with Fleet(Release.named("good"), replicas=2) as fleet:
        assert {fleet.send(VALID).status for _ in range(20)} == {200}
        assert len({event.pid for event in fleet.telemetry.processes}) == 2


def test_a_replica_that_ends_is_started_again() -> None:
    """The bad release dies of one malformed request and comes back."""
    with Fleet(Release.named("bad"), replicas=1, first_backoff_s=0.1) as fleet:
        fleet.send(POISON)
        assert fleet.telemetry.wait_for(lambda t: len(t.exits()) == 1, 5)
        assert fleet.wait_ready(10)
        assert fleet.send(VALID).status == 200
        assert fleet.telemetry.exits()[0].exit_code == 1


def test_a_rolling_deployment_loses_no_request() -> None:
    """Under traffic, out and back again."""
    with Fleet(Release.named("good"), replicas=2) as fleet:
        fleet.start_traffic(Load(rate=60, seed=3, retries=PATIENT))
        fleet.deploy(Release.named("bad"))
        fleet.rollback()
        assert fleet.release.name == "good"
        fleet.restart()
        now = fleet.telemetry.now
        assert fleet.telemetry.wait_for(lambda t: t.now > now + 1.5, 5)
        assert fleet.telemetry.success(0, now, within_s=60) == 1.0
        assert not fleet.telemetry.exits()


def test_a_release_that_does_not_start_says_why() -> None:
    """A missing module is named in the error, at the first start."""
    with pytest.raises(ReleaseDoesNotStart, match="a_module_that_nobody_has") as caught:
        Fleet(BROKEN, replicas=2, first_backoff_s=0.0)
    assert caught.value.exit_code == 1
    assert caught.value.release == "broken"


def test_a_failed_deployment_leaves_the_release_before() -> None:
    """The first replica is put back, the others were never touched."""
    with Fleet(Release.named("good"), replicas=2, first_backoff_s=0.0) as fleet:
        with pytest.raises(ReleaseDoesNotStart):
            fleet.deploy(BROKEN)
        assert fleet.release.name == "good"
        assert {fleet.send(VALID).status for _ in range(10)} == {200}


def test_a_port_in_use_is_named() -> None:
    """The message says which port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"Port {port} .* free one"):
            Fleet(Release.named("good"), port=port)


def test_an_unknown_release_lists_the_known_ones() -> None:
    """So that a typing error mends itself."""
    with pytest.raises(ReleaseNotFound, match="Known: good, bad"):
        Release.named("god")


def test_a_replica_that_is_asked_to_stop_stays_down() -> None:
    """It leaves with 0, and nobody counts it as a crash."""
    with Fleet(Release.named("good"), replicas=1) as fleet:
        stopped = fleet.stop_replica(0)
        assert stopped.exit_code == 0
        assert not stopped.killed
        assert not fleet.telemetry.exits()
        assert fleet.telemetry.ready() == 0


def test_a_closed_fleet_says_so() -> None:
    """Closing twice is allowed, commanding a closed fleet is not."""
    fleet = Fleet(Release.named("good"), replicas=1)
    fleet.close()
    fleet.close()
    with pytest.raises(FleetGone, match="start a new fleet"):
        fleet.restart()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_fleet_that_its_owner_forgets_ends() -> None:
    """As when a notebook's cell that starts one is run twice."""
    before = psutil.Process().children(recursive=True)
    fleet = Fleet(Release.named("good"), replicas=1)
    processes = set(psutil.Process().children(recursive=True)).difference(before)
    assert len(processes) == 3
    del fleet
    gc.collect()
    deadline = time.monotonic() + 3
    while not all(map(is_gone, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert all(map(is_gone, processes))


def test_traffic_stops_when_it_is_told_to() -> None:
    """And the tries under way are given up, not reported."""
    with Fleet(Release.named("good"), replicas=1) as fleet:
        fleet.start_traffic(Load(rate=100))
        assert fleet.telemetry.wait_for(lambda t: len(t.tries) > 20, 5)
        fleet.stop_traffic()
        counted = len(fleet.telemetry.tries)
        now = fleet.telemetry.now
        fleet.telemetry.wait_for(lambda t: t.now > now + 0.5, 3)
        assert len(fleet.telemetry.tries) == counted


def test_a_fleet_goes_on_after_the_machine_has_slept() -> None:
    """Every process of it stopped for a while, as when a laptop is closed."""
    with Fleet(Release.named("good"), replicas=2) as fleet:
        fleet.start_traffic(Load(rate=30, seed=1, retries=PATIENT))
        assert fleet.telemetry.wait_for(lambda t: len(t.tries) > 10, 5)
        asleep = psutil.Process(fleet._process.pid)
        family = [asleep, *asleep.children(recursive=True)]
        for process in family:
            process.suspend()
        time.sleep(2)  # longer than any of its time-outs but the client's three tries
        for process in family:
            process.resume()
        seen = len(fleet.telemetry.tries)
        assert fleet.telemetry.wait_for(lambda t: len(t.tries) > seen + 60, 10)
        now = fleet.telemetry.now
        assert fleet.telemetry.success(now - 1, now, within_s=60) == 1.0
        assert not fleet.telemetry.exits()


def test_two_fleets_of_one_learner_do_not_meet() -> None:
    """Each has its own port, database and log; two notebooks may be open at once."""
    good, bad = Release.named("good"), Release.named("bad")
    with Fleet(good, replicas=1) as one, Fleet(bad, replicas=1) as two:
        assert one.port != two.port
        two.send(POISON)
        assert two.telemetry.wait_for(lambda t: len(t.exits()) == 1, 5)
        assert one.send(VALID).status == 200
        assert not one.telemetry.exits()


def test_a_full_disk_is_told_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a fleet, and by the judge: nobody's answer fails because of it."""
    monkeypatch.setattr(tempdirs, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(NoRoom, match="Nothing of yours is lost"):
        Fleet(Release.named("good"))
    with pytest.raises(JudgingFailed, match="Make some room"):
        judge(Exercise.named("05"), {"dispatcher": "pass"})


def test_no_port_at_all_is_another_matter_than_one_in_use() -> None:
    """The remedy differs."""
    assert "leave the port out" in str(PortInUse(8000))
    assert "End some" in str(PortInUse(0))
