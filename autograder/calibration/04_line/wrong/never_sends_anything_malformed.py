# fails: test_the_test_fails_on_junes_release
# feedback: it passed
# %% regression_test
from course.outage.requests import http_request


def test_malformed_requests_harm_nobody_else(service):
    for shard in range(8):
        header = b'{"region": "eu-west", "shard": %d}' % shard
        assert service.send(http_request(header)).status == 200
