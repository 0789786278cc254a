"""One function looks at everything that is promised of any answer."""

import json
import random

import pytest
from course.outage.requests import MALFORMED, http_request, malformed

FINE, OURS = b'{"region": "us-east", "shard": "4"}', b'{"region": "AP-South", "shard": 3}'
INSIDE = ("Traceback", "Error(", ".py", "Shard", "orders.db")
CASES = {
    "fine": (FINE, "GET", "/orders", b""),
    "loud": (FINE.upper().replace(b"REGION", b"region").replace(b"SHARD", b"shard"), "GET", "/orders", b""),
    "placed": (FINE, "PUT", "/orders/j", b'{"item": "mate", "quantity": 1}'),
    "unknown": (FINE, "GET", "/orders/nobody", b""),
    "empty": (FINE, "PUT", "/orders/j", b"{}"),
    "nan": (FINE, "PUT", "/orders/j", b'{"item": "mate", "quantity": NaN}'),
    "surrogate": (FINE, "PUT", "/orders/j", b'{"item": "\\udead", "quantity": 0}'),
    "ours": (OURS, "GET", "/orders", b""),
    "ours, one": (OURS, "GET", "/orders/j", b""),
    "ours, placed": (OURS, "PUT", "/orders/j", b'{"item": "mate", "quantity": 1}'),
}
STATUSES = {"fine": [200], "loud": [200], "placed": [200], "unknown": [404], "empty": [422], "nan": [422], "surrogate": [422]}
ids = set()


def judge(service, raw, statuses):
    answer = service.send(raw)
    assert answer.status in statuses
    identity = answer.headers["x-request-id"]
    assert identity not in ids
    ids.add(identity)
    severe = [r for r in service.log() if r.get("request_id") == identity and r["level"] not in ("debug", "info", "warning")]
    assert len(severe) == (answer.status >= 500)
    assert all("Traceback" in r["exception"] for r in severe)
    if answer.status >= 400:
        assert not any(word in answer.text for word in INSIDE)
    return answer


class TestPromises:
    @pytest.mark.parametrize("name", CASES)
    def test_case(self, service, name):
        answer = judge(service, http_request(*CASES[name]), STATUSES.get(name, [500]))
        if name == "placed":
            told = json.loads(answer.text)
            assert (told["region"], told["shard"]) == ("us-east", 4)

    @pytest.mark.parametrize("kind", MALFORMED)
    def test_malformed(self, service, kind):
        for seed in (1, 2, 3):
            judge(service, malformed(random.Random(seed), kind)[1], range(400, 500))
        judge(service, http_request(FINE), [200])


def test_a_valid_request_is_served(service):
    judge(service, http_request(FINE), [200])
