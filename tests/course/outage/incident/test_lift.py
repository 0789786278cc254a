"""The lift of a property, on telemetry made by hand."""

import pytest

from course.outage.incident.lift import PROPERTIES, lifts, names_a_backend
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.messages import http_request

VALID = http_request(b'{"region": "eu-west", "shard": 3}').decode("latin-1")
DEADLY = http_request(b'{"region": "mars", "shard": 3}').decode("latin-1")


def telemetry_of(sent: list[tuple[float, str]], deaths: list[float]) -> Telemetry:
    """Return telemetry of requests, by the second they were due, and of deaths."""
    telemetry = Telemetry()
    for due, raw in sent:
        tried = {"due": due, "sent": due, "done": due, "number": 1, "outcome": "ok"}
        last = {"status": 200, "last": True, "malformed": None, "raw": raw}
        telemetry.add({"kind": "try", "t": due, **tried, **last})
    for t in deaths:
        exit_ = {
            "state": "exited",
            "replica": 0,
            "pid": 1,
            "exit_code": 1,
            "release": "bad",
        }
        telemetry.add({"kind": "process", "t": t, **exit_, "asked": False})
    return telemetry


def test_requests_that_deaths_follow_stand_out() -> None:
    """One request in four kills, and every death follows one of them."""
    sent = [(float(n), DEADLY if n % 4 == 3 else VALID) for n in range(16)]
    found = lifts(telemetry_of(sent, [n + 0.1 for n in (3, 7, 11, 15)]), since=0.0)
    assert found["names no backend"] == pytest.approx(4.0)
    assert found["method GET"] == pytest.approx(1.0)


def test_without_deaths_nothing_stands_out() -> None:
    """Zero for each property."""
    assert lifts(telemetry_of([(1.0, DEADLY)], []), since=0.0) == dict.fromkeys(
        PROPERTIES, 0.0
    )


def test_a_backend_is_named_or_it_is_not() -> None:
    """A request without the header names none."""
    assert names_a_backend(VALID)
    assert not names_a_backend(DEADLY)
    assert not names_a_backend("GET / HTTP/1.1\r\n\r\n")
