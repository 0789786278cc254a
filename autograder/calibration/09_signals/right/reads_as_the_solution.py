"""The same, with another order and other names."""

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
        )  # fmt: skip

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

        fault: Exception | None = None
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as exc:
            # The last boundary: nobody outside would know the request's id any more.
            fault = exc
            log.exception("request.failed", method=scope["method"], path=scope["path"])
        # Known only now: the router has put it there.
        route = getattr(scope.get("route"), "path", "unmatched")
        if fault is not None:
            self.errors.labels(route, type(fault).__name__).inc()
        seconds = time.perf_counter() - started
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.request_seconds.observe(seconds)
        log.info(
            "request.answered", method=scope["method"], path=scope["path"],
            status=status, ms=round(seconds * 1000, 2),
        )  # fmt: skip

# %% routing_alert
WINDOW_S = 10
SHARE = 0.01


def routing_alert(scrapes):
    """Whether more than 1% of the requests in `scrapes` met a fault in routing."""
    processes = {}
    for scrape in scrapes:
        processes.setdefault(scrape["pid"], []).append(scrape)

    def total(scrape, name, **labels):
        return sum(
            value
            for sample, found, value in scrape["samples"]
            if sample == name and found.items() >= labels.items()
        )

    def increase(name, **labels):
        more = 0
        for seen in processes.values():
            before = total(seen[0], name, **labels)
            if seen[0]["t"] > scrapes[0]["t"]:
                before = 0  # it was started within the window
            more += total(seen[-1], name, **labels) - before
        return more

    requests = increase("http_requests_total")
    failed = increase("request_errors_total", error="RoutingFailed")
    return requests > 0 and failed / requests > SHARE

# %% alert_rule
def alert_rule():
    """A Prometheus rule file, as text."""
    return """
groups:
  - name: routing
    rules:
      - alert: RoutingExceptions
        expr: >
          sum(increase(request_errors_total{error="RoutingFailed"}[10s]))
          / sum(increase(http_requests_total[10s]))
          > bool 0.01 == 1
        labels:
          severity: page
        annotations:
          summary: "Routing fails for {{ $value | humanizePercentage }} of requests"
          runbook: "Was there a deployment? Roll it back first (module 05)."
"""
