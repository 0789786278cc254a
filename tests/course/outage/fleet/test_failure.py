"""How a request fails: what the log of its release says of it."""

import pytest

from course.outage import Fleet, Release
from course.outage.fleet.failure import aftermath_of, failure_of, lines_at
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


def test_what_comes_of_a_request_is_seen() -> None:
    """A valid one leaves nothing behind; a malformed one ends a process of June's."""
    with Fleet(Release.named("bad"), 1) as fleet:
        valid = aftermath_of(fleet, http_request(b'{"region": "eu-west", "shard": 1}'))
        assert valid.response.status == 200
        assert valid.exit_code is None
        assert valid.errors == []
        deadly = aftermath_of(fleet, http_request(b"[]"))
        assert deadly.exit_code == 1
        assert "exit code 1" in str(deadly)


def test_the_line_of_a_place_is_marked() -> None:
    """With the lines before it, as far as there are any."""
    text = lines_at(Release.named("good"), "routing.py:2 in resolve")
    first, marked = text.splitlines()
    assert first.startswith("    1 ")
    assert marked.startswith("→   2 ")
