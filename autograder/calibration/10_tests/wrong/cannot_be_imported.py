# fails: test_right_releases_pass test_half_of_the_faults_are_found test_ten_of_twelve_faults_are_found test_every_kind_of_fault_is_found
# feedback: the cell cannot be imported
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



assert False, 'never ready'
