# %% regression_test
from course.outage.requests import http_request


def test_malformed_requests_harm_nobody_else(service):
    assert service.send(http_request(None, path="/readyz")).status == 200
    for route in (b"nonsense", b"[]", b'{"region": null}'):
        service.send(http_request(route))
        for _ in range(3):
            assert service.send(http_request(None, path="/readyz")).status == 200
