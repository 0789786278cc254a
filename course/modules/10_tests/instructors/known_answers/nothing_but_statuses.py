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


def test_statuses(service):
    assert service.send(http_request(b"{")).status in range(400, 500)
    assert service.send(http_request(BROKEN)).status == 500
    assert service.send(http_request(VALID, "PUT", "/orders/x", b"{}")).status == 422
