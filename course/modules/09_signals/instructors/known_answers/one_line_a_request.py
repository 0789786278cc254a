# %% signals
"""One line for each request, with whatever became of it."""

import time
import uuid

import structlog
from course.service.telemetry import Metrics
from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send


class Signals:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics
        self.errors = Counter(
            "request_errors", "Faults.", ["error", "route"], registry=metrics.registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        log = structlog.get_logger("signals").bind(request_id=uuid.uuid4().hex)
        began, told = time.monotonic(), {"status": 500}

        async def send_on(message):
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                identity = log._context["request_id"].encode()
                headers = [*message["headers"], (b"x-request-id", identity)]
                message = {**message, "headers": headers}
            await send(message)

        caught = None
        try:
            await self.app(scope, receive, send_on)
        except Exception as exc:
            caught = exc
        found = scope.get("route")
        route = found.path if found else "unmatched"
        told |= {"path": scope["path"], "route": route}
        told["seconds"] = time.monotonic() - began
        if caught:
            self.errors.labels(error=caught.__class__.__name__, route=route).inc()
            log.error("request", exc_info=caught, **told)
        elif told["status"] >= 400:
            log.warning("request", **told)
        else:
            log.info("request", **told)
        self.metrics.requests.labels(route, str(told["status"])).inc()
        self.metrics.request_seconds.observe(told["seconds"])

# %% routing_alert
def routing_alert(scrapes):
    """Second by second: what each process has added since its scrape before."""
    last, requests, failed = {}, 0.0, 0.0
    oldest = scrapes[0]["t"] if scrapes else 0
    for scrape in scrapes:
        values = {}
        for name, labels, value in scrape["samples"]:
            if name == "http_requests_total":
                values["requests"] = values.get("requests", 0) + value
            elif labels.get("error") == "RoutingFailed":
                values["failed"] = values.get("failed", 0) + value
        new = scrape["pid"] not in last
        if new and scrape["t"] == oldest:
            last[scrape["pid"]] = values
            continue
        before = last.get(scrape["pid"], {})
        requests += values.get("requests", 0) - before.get("requests", 0)
        failed += values.get("failed", 0) - before.get("failed", 0)
        last[scrape["pid"]] = values
    return failed > 0.01 * requests

# %% alert_rule
import json


def alert_rule():
    """JSON is YAML, too."""
    failing = 'sum(rate(request_errors_total{error=~"RoutingFailed"}[10s]))'
    all_of_them = "sum(rate(http_requests_total[10s]))"
    rule = {"alert": "RoutingExceptions", "expr": f"100 * {failing} > {all_of_them}"}
    return json.dumps({"groups": [{"name": "routing", "rules": [rule]}]})
