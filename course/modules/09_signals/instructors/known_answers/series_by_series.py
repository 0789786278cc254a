# %% signals
"""What the service says of its requests: log lines, metrics, a request id on both."""

import time
import uuid

import structlog
from course.service.telemetry import Metrics
from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)


class Signals:
    """The outermost layer of the service, around the application `app`."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics
        self.errors = Counter(
            "request_errors", "Requests that failed by a fault of ours.",
            ["route", "error"], registry=metrics.registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of `app`."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request_id = uuid.uuid4().hex[:12]
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        failure: Exception | None = None
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as exc:
            # The last boundary: nobody outside would know the request's id any more.
            failure = exc
            log.critical("request.failed", path=scope["path"], exc_info=True)
        # Known only now: the router has put it there.
        route = getattr(scope.get("route"), "path", "unmatched")
        if status == 404:
            log.warning("request.lost", path=scope["path"])
        if failure is not None:
            self.errors.labels(route, type(failure).__qualname__).inc()
        seconds = time.perf_counter() - started
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.request_seconds.observe(seconds)
        log.info(
            "request.answered", method=scope["method"], path=scope["path"],
            status=status, ms=round(seconds * 1000, 2),
        )

# %% routing_alert
from collections import defaultdict


def routing_alert(scrapes):
    """The extremes of each series; a counter never falls."""
    if not scrapes:
        return False
    first, last = {}, {}
    seen = {s["pid"]: s["t"] for s in reversed(scrapes)}
    for scrape in scrapes:
        for name, labels, value in scrape["samples"]:
            key = (scrape["pid"], name, *sorted(labels.items()))
            if key not in first:
                there = scrape["t"] == scrapes[0]["t"]
                first[key] = value if there else 0
            last[key] = value
    grown = defaultdict(float)
    for key, value in last.items():
        grown[key[1:]] += value - first[key]
    total = sum(v for k, v in grown.items() if k[0] == "http_requests_total")
    bad = sum(v for k, v in grown.items() if ("error", "RoutingFailed") in k)
    return bool(total) and bad / total > 0.01

# %% alert_rule
def alert_rule():
    """A Prometheus rule file, as text."""
    return """
groups:
  - name: routing
    rules:
      - alert: RoutingExceptions
        for: 2s
        expr: |
          (
            sum by (job) (rate(request_errors_total{error="RoutingFailed", route!=""}[10s]))
            /
            sum by (job) (rate(http_requests_total[10s]))
          ) > 0.01
        labels:
          severity: page
        annotations:
          summary: "Routing fails for {{ $value | humanizePercentage }} of requests"
          runbook: "Was there a deployment? Roll it back first (module 05)."
"""
