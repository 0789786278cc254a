"""What happened to a fleet, and when its alert changed, read from recorded events."""

from course.outage.telemetry import recording
from course.outage.telemetry.alert import AlertHistory, BurnRateAlert
from course.outage.telemetry.annotations import annotations
from course.outage.telemetry.series import Telemetry


def happened(lesson: str, run: str) -> list[str]:
    """What is noted of a recorded run, in order."""
    telemetry = recording.load_scene(lesson, run).fleets[""]
    return [annotation.text for annotation in annotations(telemetry)]


def test_rollouts_and_the_first_malformed_request_are_noted_in_order() -> None:
    """Restarts after a death are none of them."""
    texts = [annotation.text for annotation in annotations(recording.june())]
    assert texts == ["deploy bad", "first malformed request", "deploy hotfix"]
    assert happened("01", "rolled back")[-1] == "rollback to good"
    assert happened("05", "rolling") == ["restart"]


def test_a_rollout_during_an_outage_is_one_rollout() -> None:
    """Of two replicas, one of which was dead when it came to it."""
    states = [
        (0.0, 0, "started", "bad"),
        (0.1, 1, "started", "bad"),
        (1.0, 1, "exited", "bad"),
        (2.0, 0, "exited", "bad"),
        (2.1, 0, "started", "good"),
        (2.2, 1, "started", "good"),
        (9.0, 0, "exited", "good"),
        (9.1, 0, "started", "bad"),
    ]
    telemetry = Telemetry()
    for t, replica, state, release in states:
        exit_ = {"exit_code": 1, "asked": t != 1.0} if state == "exited" else {}
        about = {"replica": replica, "pid": 1, "state": state, "release": release}
        telemetry.add({"kind": "process", "t": t, **about, **exit_})
    found = [(a.t, a.kind, a.text) for a in annotations(telemetry)]
    assert found == [
        (2.0, "deploy", "deploy good"),
        (9.0, "rollback", "rollback to bad"),
    ]


def test_the_alert_changes_at_the_same_times_whoever_looks_and_when() -> None:
    """Followed from the start, looked at once, and asked second by second."""
    june = recording.june()
    once = AlertHistory(BurnRateAlert())
    once.follow(june)
    [fired, over] = once.changes
    assert fired == (BurnRateAlert().fired(june, 0.0), True)
    assert not over[1]
    assert once.fired_s == fired[0]
    alert, growing = BurnRateAlert(), Telemetry()
    followed = AlertHistory(alert)
    for try_ in june.tries:
        growing.add({"kind": "try", "t": try_.done, **vars(try_)})
        followed.follow(growing)
    assert followed.changes == once.changes
    assert alert.firing(june, over[0] - 0.25)
    assert not alert.firing(june, over[0])
