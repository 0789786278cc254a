# fails: test_our_fault_is_logged_once
# feedback: without a traceback
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

        failure: Exception | None = None
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as exc:
            # The last boundary: nobody outside would know the request's id any more.
            failure = exc
            log.error("request.failed", error=repr(exc), method=scope["method"], path=scope["path"])
        # Known only now: the router has put it there.
        route = getattr(scope.get("route"), "path", "unmatched")
        if failure is not None:
            self.errors.labels(route, type(failure).__name__).inc()
        seconds = time.perf_counter() - started
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.request_seconds.observe(seconds)
        log.info(
            "request.answered", method=scope["method"], path=scope["path"],
            status=status, ms=round(seconds * 1000, 2),
        )  # fmt: skip
