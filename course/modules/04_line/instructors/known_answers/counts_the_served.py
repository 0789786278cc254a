# %% regression_test
import pytest
from course.outage.requests import http_request

VALID = http_request(b'{"region": "us-east", "shard": 0}')


@pytest.fixture
def poisoned(service):
    service.send(http_request(b"\xff"))
    return service


def test_valid_requests_are_served(service):
    assert service.send(VALID).outcome == "ok"


def test_malformed_requests_harm_nobody_else(poisoned):
    answers = [poisoned.send(VALID, timeout_s=1.0) for _ in range(5)]
    assert all(answer.outcome == "ok" for answer in answers)
