# fails: test_right_releases_pass test_ten_of_twelve_faults_are_found test_every_kind_of_fault_is_found
# feedback: the outermost layer is another one
import json
import random

import pytest
from course.outage.requests import MALFORMED, http_request, malformed, well_formed_route
from hypothesis import given, settings
from hypothesis import strategies as st

VALID = b'{"region": "eu-west", "shard": 3}'
BROKEN = b'{"region": "ap-south", "shard": 3}'
ORDER = b'{"item": "tea", "quantity": 2}'


def test_a_valid_request_is_served(service):
    """Given, as a start."""
    assert service.send(http_request(VALID)).status == 200


def errors(service, response):
    """The records of level error and above that belong to `response`."""
    request_id = response.headers["x-request-id"]
    return [
        record
        for record in service.log()
        if record.get("request_id") == request_id
        and record.get("level") == "error"
    ]


def test_every_spelling_reaches_its_backend(service):
    rng = random.Random(4)
    for number in range(40):
        header, region, shard = well_formed_route(rng)
        if (region, shard) == ("ap-south", 3):
            continue
        raw = http_request(header, "PUT", f"/orders/s{number}", ORDER)
        answer = service.send(raw)
        assert answer.status == 200, header
        order = json.loads(answer.body)
        assert (order["region"], order["shard"]) == (region, shard), header


def test_an_order_is_kept(service):
    service.send(http_request(VALID, "PUT", "/orders/kept", ORDER))
    order = json.loads(service.send(http_request(VALID, path="/orders/kept")).body)
    assert (order["item"], order["quantity"]) == ("tea", 2)
    assert service.send(http_request(VALID, path="/orders/lost")).status == 404


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_a_malformed_header_is_the_clients_fault_and_harms_nobody(service, kind):
    for seed in range(12):
        _, raw = malformed(random.Random(seed), kind)
        answer = service.send(raw)
        assert answer.status in range(400, 500), raw
    assert errors(service, answer) == []
    assert service.send(http_request(VALID)).status == 200


@settings(max_examples=60, deadline=None, database=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["region", "shard", "x"]), inner, max_size=3
            )
        ),
        max_leaves=5,
    )
)
def test_no_json_at_all_is_a_fault_of_ours(service, value):
    answer = service.send(http_request(json.dumps(value).encode()))
    assert answer.status in range(200, 500), value


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"not JSON",
        b'{"item": "tea", "quantity": NaN}',
        b'{"item": "tea", "quantity": 1e999}',
        b'{"item": "\\ud83d", "quantity": 0}',
    ],
)
def test_an_invalid_body_is_a_422(service, body):
    answer = service.send(http_request(VALID, "PUT", "/orders/invalid", body))
    assert answer.status == 422
    assert errors(service, answer) == []


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_fault_of_ours_is_a_500_logged_once_with_its_traceback(service, method):
    body, path = (b"", "/orders") if method == "GET" else (ORDER, "/orders/broken")
    answer = service.send(http_request(BROKEN, method, path, body))
    assert answer.status == 500
    [record] = errors(service, answer)
    assert "Traceback" in record["exception"]


def test_no_error_tells_of_our_inside(service):
    for raw in (
        http_request(BROKEN),
        http_request(b"{"),
        http_request(b'{"region": null, "shard": 1}'),
        http_request(VALID, "PUT", "/orders/x", b"{}"),
    ):
        text = service.send(raw).text
        for secret in ("Traceback", "Error(", ".py", "ShardBroken", "orders.db"):
            assert secret not in text


def test_every_answer_has_an_id_of_its_own(service):
    raws = [http_request(VALID), http_request(b"{"), http_request(BROKEN)] * 2
    ids = [service.send(raw).headers.get("x-request-id") for raw in raws]
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_failures_use_nothing_up(service):
    for number in range(60):
        service.send(http_request(b"{" if number % 2 else BROKEN))
    assert service.send(http_request(VALID)).status == 200


