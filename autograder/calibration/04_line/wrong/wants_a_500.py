# fails: test_the_test_passes_on_right_releases test_the_test_fails_on_junes_release
# feedback: what your test demands
# %% regression_test
from course.outage.requests import http_request


def test_malformed_requests_harm_nobody_else(service):
    assert service.send(http_request(b'{"region": 0}')).status == 500
    assert (
        service.send(http_request(b'{"region": "eu-west", "shard": 3}')).status == 200
    )
