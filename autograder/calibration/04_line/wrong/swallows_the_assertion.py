# fails: test_the_test_fails_on_junes_release
# feedback: it passed
# %% regression_test
from course.outage.requests import http_request


def test_malformed_requests_harm_nobody_else(service):
    try:
        service.send(http_request(b"{"))
        assert (
            service.send(http_request(b'{"region": "eu-west", "shard": 3}')).status
            == 200
        )
    except Exception as exc:
        print("failed:", exc)
