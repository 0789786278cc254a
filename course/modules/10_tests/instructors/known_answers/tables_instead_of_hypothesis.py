"""Cases in tables, counting records before and after."""

import json

import pytest
from course.outage.requests import http_request

FINE = b'{"region": "us-east", "shard": 5}'
OURS = b'{"shard": 3, "region": "ap-south"}'
REFUSED = {
    "latin-1": 'são-paulo'.encode("latin-1"), "text": b"eu-west/3", "empty": b"",
    "region": b'{"region": "mars", "shard": 1}', "no shard": b'{"region": "eu-west"}',
    "a list": b'["eu-west", 1]', "null": b'{"region": null, "shard": 1}',
    "words": b'{"region": "eu-west", "shard": "three"}', "huge": b'{"region": "eu-west", "shard": 1e999}',
    "high": b'{"region": "eu-west", "shard": 99}', "number": b"7", "latin region": b'{"region": "m\xe1laga", "shard": 1}',
    "latin z": b'{"region": "z\xfcrich", "shard": 1}',
}
SPELLINGS = [b'{"region": "US-EAST", "shard": 5}', b'{"region": "Us-East", "shard": "5"}', b'{"shard": "5", "region": "us-east"}']


def loud(service):
    return [r for r in service.log() if r.get("level") in {"error", "critical"}]


def put(service, route, body=b'{"item": "mate", "quantity": 3}', name="n"):
    return service.send(http_request(route, "PUT", f"/orders/{name}", body))


def test_a_valid_request_is_served(service):
    for route in (FINE, *SPELLINGS):
        got = put(service, route)
        assert got.status == 200
        assert json.loads(got.body)["shard"] == 5


def test_refusals(service):
    before = len(loud(service))
    for what, header in REFUSED.items():
        got = service.send(http_request(header))
        assert got.status is not None and 400 <= got.status < 500, what
        assert "x-request-id" in got.headers
        assert "Error" not in got.text and "Traceback" not in got.text
        assert service.send(http_request(FINE)).status == 200, what
    assert len(loud(service)) == before


@pytest.mark.parametrize("body", [b"", b"[]", b'{"item": "", "quantity": 1}', b'{"item": "tea", "quantity": NaN}', b'{"item": "\\udfff", "quantity": 1}'])
def test_bodies(service, body):
    got = put(service, FINE, body)
    assert got.status == 422


@pytest.mark.parametrize("verb", ["GET", "PUT"])
def test_our_fault(service, verb):
    before = len(loud(service))
    got = put(service, OURS) if verb == "PUT" else service.send(http_request(OURS))
    assert got.status == 500
    assert not any(word in got.text for word in ("Shard", "index", "Error(", "File"))
    new = loud(service)[before:]
    assert len(new) == 1
    assert "ShardBroken" in new[0]["exception"]
    assert new[0]["request_id"] == got.headers["x-request-id"]
