"""A log record, found by the request id of a response."""

import pytest

from course.outage import Fleet, Release
from course.outage.requests import http_request
from course.panel import logged_error

pytestmark = pytest.mark.process


def test_the_error_of_a_request_is_found_by_its_id() -> None:
    """Each request has its own; a request that went well has none."""
    with Fleet(Release.named("good"), replicas=1) as fleet:
        for header, name in ((b"[1, 2]", "TypeError"), (b"{}", "KeyError")):
            record = logged_error(fleet, fleet.send(http_request(header)))
            assert record["exception"].splitlines()[-1].startswith(name)
        served = fleet.send(http_request(b'{"region": "us-east", "shard": 7}'))
        with pytest.raises(LookupError, match=served.headers["x-request-id"]):
            logged_error(fleet, served, within_s=0.1)
