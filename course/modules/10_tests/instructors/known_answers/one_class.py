"""A class of tests, seeds that differ each time."""

from course.outage.requests import MALFORMED, http_request, malformed, put_order, well_formed_route
import random

OURS = http_request(b'{"region": "ap-south", "shard": 3}')


def test_a_valid_request_is_served(service):
    rng = random.Random()
    for n in range(60):
        header, region, shard = well_formed_route(rng)
        if (region, shard) != ("ap-south", 3):
            got = service.send(put_order(rng, header, str(n)))
            assert got.status == 200
            assert f'"shard":{shard}' in got.text.replace(" ", "")


class TestFailures:
    def records(self, service, got):
        mine = [r for r in service.log() if r.get("request_id") == got.headers["x-request-id"]]
        return [r for r in mine if r["level"] not in ("debug", "info", "warning")]

    def test_theirs(self, service):
        rng = random.Random(7)
        got = {}
        for kind in MALFORMED:
            for _ in range(15):
                got[kind] = service.send(malformed(rng, kind)[1])
                assert got[kind].status // 100 == 4, kind
        for answer in got.values():
            assert not self.records(service, answer)
        self.test_life(service)

    def test_body(self, service):
        for text in ("NaN", "Infinity", "-1", "null"):
            body = b'{"item": "tea", "quantity": %s}' % text.encode()
            raw = http_request(b'{"region": "eu-west", "shard": 1}', "PUT", "/orders/q", body)
            assert service.send(raw).status == 422

    def test_ours(self, service):
        got = service.send(OURS)
        assert got.status == 500
        [record] = self.records(service, got)
        assert record["exception"].startswith("Traceback") or "Traceback" in record["exception"]
        assert "Shard" not in got.text

    def test_life(self, service):
        assert service.send(http_request(b'{"region": "eu-west", "shard": 1}')).status == 200
