# %% regression_test
from course.outage.requests import http_request


def test_malformed_requests_harm_nobody_else(service):
    answer = service.send(http_request(b'{"region": 0}'))
    assert answer.status is not None and answer.status >= 400
