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


def test_another_valid_request_is_served(service):
    answer = service.send(http_request(VALID, "PUT", "/orders/one", ORDER))
    assert answer.status == 200
