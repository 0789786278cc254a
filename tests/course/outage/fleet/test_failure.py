"""How a request fails: what the log of its release says of it."""

import pytest

from course.outage import Fleet, Release
from course.outage.fleet.failure import failure_of
from course.outage.traffic.messages import http_request

pytestmark = pytest.mark.process


def test_a_failure_is_read_from_the_log_of_its_request() -> None:
    """Type and place; None for what does not fail."""
    with Fleet(Release.named("good"), 1) as fleet:
        failure = failure_of(fleet, http_request(b"[]"))
        assert failure is not None
        assert failure[0] == "TypeError"
        assert "in resolve" in failure[1]
        valid = http_request(b'{"region": "eu-west", "shard": 1}')
        assert failure_of(fleet, valid) is None
