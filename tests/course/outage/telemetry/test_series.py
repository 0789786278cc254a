"""Telemetry, alert, clock and crash reading: what is made of a fleet's events."""

import pytest

from course.outage.incident.june import TIMELINE, JuneClock
from course.outage.telemetry.alert import BurnRateAlert
from course.outage.telemetry.crashes import read_traceback
from course.outage.telemetry.scrape import read_metrics
from course.outage.telemetry.series import Telemetry


def sent(
    due: float, outcome: str, latency_s: float = 0.01, **more: object
) -> dict[str, object]:
    """A try as the supervisor reports it."""
    done = due + latency_s
    return {
        "kind": "try",
        "t": done,
        "due": due,
        "done": done,
        "outcome": outcome,
        "status": 200,
        "number": 1,
        "last": True,
        "malformed": None,
        "raw": "",
        **more,
    }


def told(*events: dict[str, object]) -> Telemetry:
    """Telemetry that has seen these events."""
    telemetry = Telemetry()
    for event in events:
        telemetry.add(event)
    return telemetry


def test_success_counts_well_formed_requests_answered_in_time() -> None:
    """Late answers are failures; malformed requests and first tries do not count."""
    telemetry = told(
        sent(1.0, "ok"),
        sent(1.1, "ok", latency_s=1.5),
        sent(1.2, "server_error", last=False),
        sent(1.3, "client_error", malformed="not JSON"),
        sent(9.0, "timeout"),
    )
    assert telemetry.success(0, 5) == 0.5
    assert telemetry.success(20, 30) is None


def test_the_error_share_leaves_client_errors_out() -> None:
    """A 4xx is the client's matter."""
    telemetry = told(
        sent(1, "ok"), sent(1, "client_error"), sent(1, "reset"), sent(1, "ok")
    )
    assert telemetry.error_share(0, 2) == 0.25
    assert telemetry.error_share(5, 6) is None


def test_the_series_follows_rates_and_restarts() -> None:
    """Step by step, empty ones too."""
    exited = {
        "kind": "process",
        "t": 1.2,
        "replica": 0,
        "pid": 1,
        "state": "exited",
        "release": "bad",
        "exit_code": 1,
        "asked": False,
    }
    telemetry = told(sent(0.1, "ok"), sent(0.2, "reset"), exited, sent(2.4, "ok"))
    samples = telemetry.series(step_s=0.5)
    assert [sample.good_rate for sample in samples] == [2.0, 0.0, 0.0, 0.0]
    assert samples[0].error_share == 0.5
    assert [sample.restarts for sample in samples] == [0, 0, 1, 1]


def test_the_database_is_timed_by_its_probes() -> None:
    """The mean of a step's probes; nothing where there was none."""
    probes = [
        {"kind": "probe", "t": t, "ms": ms, "error": None}
        for t, ms in ((0.1, 1.0), (0.4, 3.0))
    ]
    telemetry = told(*probes, sent(1.2, "ok"))
    assert [sample.db_ms for sample in telemetry.series(step_s=0.5)] == [2.0, None]


def test_the_alert_needs_both_windows() -> None:
    """It fires on a fresh fault, and ends soon after the fault has ended."""
    alert = BurnRateAlert()
    well = [sent(i * 0.1, "ok") for i in range(100)]
    ill = [sent(10 + i * 0.1, "server_error") for i in range(20)]
    again = [sent(12 + i * 0.1, "ok") for i in range(40)]
    telemetry = told(*well, *ill, *again)
    assert not alert.firing(telemetry, 9.9)
    assert alert.firing(telemetry, 11.5)
    assert not alert.firing(telemetry, 15.9)
    assert alert.burn_rate(told(), 1.0, 1.0) == 0.0


def test_the_june_clock_shows_the_postmortems_times() -> None:
    """14:00 when the alert fires; a second stands for two minutes."""
    clock = JuneClock(alert_s=10.0, minutes_per_s=2.0)
    assert clock.text(10.0) == "14:00"
    assert clock.text(clock.seconds(45)) == "14:45"
    assert clock.text(8.0) == "13:56"
    assert list(TIMELINE) == [0, 2, 5, 15, 25, 30, 40, 45, 60, 90]


GROUP = """
  + Exception Group Traceback (most recent call last):
  |   File "/x/course/service/__main__.py", line 37, in serve
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/x/course/service/routing.py", line 36, in resolve
    |     region = route["region"].lower()
    | json.decoder.JSONDecodeError: Expecting value: line 1
    +------------------------------------
"""


def test_the_root_of_an_exception_group_is_found() -> None:
    """Not the group itself."""
    assert read_traceback(GROUP.splitlines()) == (
        "JSONDecodeError",
        "Expecting value: line 1",
        "routing.py:36 in resolve",
    )
    assert read_traceback(["Traceback:", "MemoryError"])[0] == "MemoryError"
    assert read_traceback(["nothing of the kind"]) == ("", "", "")


def test_metrics_are_read_without_buckets() -> None:
    """Names with their labels."""
    counter = '# TYPE a counter\na_total{x="1"} 3\n'
    text = counter + '# TYPE h histogram\nh_bucket{le="1"} 2\nh_sum 4\n'
    metrics = read_metrics(text)
    assert metrics == [("a_total", {"x": "1"}, 3.0), ("h_sum", {}, 4.0)]
    assert [str(metric) for metric in metrics] == ['a_total{x="1"}', "h_sum"]


@pytest.mark.parametrize("text", ["a{", "# HELP \u2028 \\"])
def test_metrics_that_cannot_be_read_are_a_value_error(text: str) -> None:
    """A release may answer with anything, and its fleet must not end by that."""
    with pytest.raises(ValueError, match=r"to float|cannot be read"):
        read_metrics(text)


def test_a_snapshot_takes_in_nothing_more() -> None:
    """What comes later belongs to the fleet, not to what was."""
    telemetry = told(sent(1.0, "ok"))
    before = telemetry.snapshot()
    telemetry.add(sent(2.0, "reset"))
    assert len(before.tries) == 1
    assert before.now < telemetry.now


def test_the_alert_fired_at_a_moment_or_never() -> None:
    """Looked for from a second on, in quarters."""
    failing = told(*(sent(t / 10, "reset") for t in range(10, 60)))
    fired = BurnRateAlert().fired(failing, since=0.0)
    assert fired is not None
    assert 1.0 <= fired <= 1.25
    assert BurnRateAlert().fired(told(sent(1.0, "ok"), sent(5.0, "ok")), 0.0) is None
