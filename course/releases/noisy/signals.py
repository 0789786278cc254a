"""What the service says of its requests: log lines, metrics, a request id on both."""

import time
import uuid

import structlog
from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from course.service.telemetry import Metrics

log = structlog.get_logger(__name__)


class Signals:
    """The outermost layer of the service, around the application `app`."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics
        self.errors = Counter(
            "request_errors",
            "Requests that failed.",
            ["route", "error"],
            registry=metrics.registry,
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

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as exc:
            log.error("request.failed", error=str(exc))
            log.error("request.failed.details", path=scope["path"], error=repr(exc))
            self.errors.labels(scope["path"], str(exc)).inc()
        if status >= 400:
            log.error("request.bad", path=scope["path"], status=status)
        seconds = time.perf_counter() - started
        self.metrics.requests.labels(scope["path"], str(status)).inc()
        self.metrics.request_seconds.observe(seconds)
        log.info(
            "request.answered",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 2),
        )
