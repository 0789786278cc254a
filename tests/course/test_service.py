"""The good release: it serves, tells, and survives malformed requests."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.outage import Fleet, Release
from course.outage.traffic.messages import MALFORMED, http_request, malformed, put_order

pytestmark = pytest.mark.process

ROUTE = b'{"region": "eu-west", "shard": 3}'


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with Fleet(Release.named("good"), replicas=1) as fleet:
        yield fleet


def test_an_order_is_stored_and_read_back(fleet: Fleet) -> None:
    """PUT, then GET, on the backend that the header names."""
    order = json.dumps({"item": "tea", "quantity": 2}).encode()
    put = fleet.send(http_request(ROUTE, "PUT", "/orders/a1", order))
    got = fleet.send(http_request(ROUTE, "GET", "/orders/a1"))
    assert put.status == got.status == 200
    assert json.loads(got.body) == {
        "id": "a1",
        "item": "tea",
        "quantity": 2,
        "region": "eu-west",
        "shard": 3,
    }


def test_placing_an_order_twice_changes_nothing(fleet: Fleet) -> None:
    """A retry is safe: the client chooses the id."""
    rng = random.Random(1)
    raw = put_order(rng, ROUTE, "twice")
    assert fleet.send(raw).body == fleet.send(raw).body
    listed = json.loads(fleet.send(http_request(ROUTE)).body)
    assert [order["id"] for order in listed].count("twice") == 1


def test_orders_belong_to_their_backend(fleet: Fleet) -> None:
    """Another shard does not know the order; the region's case does not matter."""
    fleet.send(put_order(random.Random(2), ROUTE, "here"))
    elsewhere = http_request(
        b'{"region": "eu-west", "shard": 4}', "GET", "/orders/here"
    )
    shouted = http_request(
        b'{"shard": "3", "region": "EU-West"}', "GET", "/orders/here"
    )
    assert fleet.send(elsewhere).status == 404
    assert fleet.send(shouted).status == 200


def test_a_body_that_is_no_order_is_refused(fleet: Fleet) -> None:
    """422, by the declared model."""
    body = b'{"item": "", "quantity": 0}'
    assert fleet.send(http_request(ROUTE, "PUT", "/orders/x", body)).status == 422


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_says_that_it_is_alive_and_ready(fleet: Fleet, path: str) -> None:
    """Neither needs a route."""
    assert fleet.send(http_request(None, path=path)).status == 200


def test_metrics_count_requests_and_queries(fleet: Fleet) -> None:
    """By route template and status; ids in paths make no series of their own."""
    fleet.send(http_request(ROUTE, "GET", "/orders/some-id"))
    text = fleet.send(http_request(None, path="/metrics")).text
    assert 'http_requests_total{route="/orders/{order_id}"' in text
    assert "some-id" not in text
    assert "db_query_seconds_count" in text
    assert "db_pool_in_use" in text


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_a_malformed_request_is_one_500(fleet: Fleet, kind: str) -> None:
    """With a request id, a traceback in the log, and the process alive."""
    _, raw = malformed(random.Random(kind), kind)
    response = fleet.send(raw)
    assert response.status == 500
    assert response.headers is not None
    request_id = response.headers["x-request-id"]

    def traceback() -> str:
        records = [e.record for e in fleet.telemetry.log_entries()]
        mine = [r for r in records if r.get("request_id") == request_id]
        return "".join(str(r.get("exception", "")) for r in mine)

    assert fleet.telemetry.wait_for(lambda _: bool(traceback()), 2)
    last_line = traceback().splitlines()[-1]
    assert last_line.partition(":")[0].rpartition(".")[2] == MALFORMED[kind][0]
    assert "routing.py" in traceback()
    assert not fleet.telemetry.exits()


def test_each_request_is_one_line_of_json_with_its_id(fleet: Fleet) -> None:
    """And a server fault is logged once, not at every layer."""
    before = len(fleet.telemetry.logs)
    response = fleet.send(http_request(b"{"))
    assert response.headers is not None
    request_id = response.headers["x-request-id"]

    def events() -> list[str]:
        records = [e.record for e in fleet.telemetry.log_entries()[before:]]
        return [r["event"] for r in records if r.get("request_id") == request_id]

    assert fleet.telemetry.wait_for(lambda _: "request.answered" in events(), 2)
    assert events() == ["request.failed", "request.answered"]


def test_it_can_be_read_in_five_minutes(project: Path) -> None:
    """About 430 lines that are not blank, in seven modules."""
    sources = list((project / "course" / "service").glob("*.py"))
    lines = [line for path in sources for line in path.read_text().splitlines() if line]
    assert len(lines) <= 435
    assert len(sources) <= 7
