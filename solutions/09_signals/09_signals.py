# %% [markdown]
# # Exercise 09 · Signals
#
# **July, follow-up 3:** "monitoring that tells a fault in the routing code from
# everything else". In June the alert said *errors*, and the logs said
# everything, several times over.
#
# *About 35 minutes, after [lesson
# 09](../../course/notebooks/09_signals.ipynb).*
#
# Afterwards you can
#
# - log a failure once, where it is handled, with its traceback and request id,
# - count failures under labels that stay few,
# - write an alert that fires on one cause and stays quiet on others.

# %% [markdown]
# ## Your turn: say it once, count it well
#
# In the release *noisy*, every layer but the last is in order. A look-up that
# fails raises a `RouteError` (the client's fault: 400) or a `RoutingFailed`
# (ours: it reaches the outermost layer, as any other bug does):

# %%
from course.outage import Release

noisy = Release.named("noisy")
print(noisy.source("boundary.py"))

# %% [markdown]
# `signals.py` is that outermost layer. Rewrite it so that
#
# 1. **a fault of ours** leaves exactly *one* record of level error (or
#    critical), with the traceback, in any field, and with the request id that
#    the client gets;
# 2. **a fault of the client** leaves none. It leaves a line of level info or
#    warning, also with the request id;
# 3. `request_errors_total{route="…", error="…"}` counts our faults and nothing
#    else. Here `route` is the *template*, such as `/orders/{order_id}`, and
#    `error` is the class of the exception, such as `RoutingFailed`;
# 4. `http_requests_total{route="…", status="…"}` counts each answer, as in the
#    given module, by the same `route` and by its status, such as `404`;
# 5. **no label takes its value from a client**: 1,000 different URLs, methods
#    and headers add no series. What matches no route counts under `unmatched`.
#
# What clients get stays as it is: the same statuses, and in each answer an
# `X-Request-ID` of its own. The log calls it `request_id`.
#
# FastAPI puts the route that it found into the scope, as `scope["route"].path`.
# Where it found none, the key is missing.

# %% nbgrader={"grade_id": "signals", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
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
            "request_errors",
            "Requests that failed by a fault of ours.",
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

        failure: Exception | None = None
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as exc:
            # The last boundary: nobody outside would know the request's id any more.
            failure = exc
            log.exception("request.failed", method=scope["method"], path=scope["path"])
        # Known only now: the router has put it there.
        route = getattr(scope.get("route"), "path", "unmatched")
        if failure is not None:
            self.errors.labels(route, type(failure).__name__).inc()
        seconds = time.perf_counter() - started
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.request_seconds.observe(seconds)
        log.info(
            "request.answered",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 2),
        )


# %% [markdown]
# ## Your turn: the alert
#
# The monitoring reads the counters of both replicas once a second. A *scrape*
# is what one replica said at one moment:
#
# ```python
# {"t": 12.0, "pid": 4711, "samples": [
#     ["request_errors_total", {"route": "/orders", "error": "RoutingFailed"}, 7.0],
#     ["request_errors_total", {"route": "/orders", "error": "TimeoutError"}, 2.0],
#     ["http_requests_total", {"route": "/orders", "status": "200"}, 310.0],
#     ["http_requests_total", {"route": "/orders", "status": "500"}, 9.0]]}
# ```
#
# `routing_alert(scrapes)` gets all scrapes of the last `WINDOW_S` seconds,
# oldest first, and returns whether the alert fires: **more than 1% of the
# requests answered in that time failed with `RoutingFailed`**. All replicas,
# routes and statuses count together.
#
# - The answer depends on these scrapes alone: windows come in any order.
# - Counters only grow, so the *increase* counts. A process that ends takes its
#   counters with it; the next one has another `pid` and begins at 0. What the
#   old one counted in the window, up to its last scrape, still counts.
# - A series appears with its first increment. If a scrape lacks a series, it
#   was 0.
# - If the first scrape of a process is younger than the oldest scrape of all,
#   the process started within the window, and everything it has counted is
#   increase.
# - Without requests, nothing fires.

# %% nbgrader={"grade_id": "routing_alert", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
WINDOW_S = 10
SHARE = 0.01


def routing_alert(scrapes):
    """Whether more than 1% of the requests in `scrapes` met a fault in routing."""
    ### BEGIN SOLUTION
    by_process = {}
    for scrape in scrapes:
        by_process.setdefault(scrape["pid"], []).append(scrape)

    def total(scrape, name, **labels):
        return sum(
            value
            for sample, found, value in scrape["samples"]
            if sample == name and found.items() >= labels.items()
        )

    def increase(name, **labels):
        grown = 0
        for seen in by_process.values():
            before = total(seen[0], name, **labels)
            if seen[0]["t"] > scrapes[0]["t"]:
                before = 0  # it was started within the window
            grown += total(seen[-1], name, **labels) - before
        return grown

    requests = increase("http_requests_total")
    failed = increase("request_errors_total", error="RoutingFailed")
    return requests > 0 and failed / requests > SHARE
    ### END SOLUTION


# %% [markdown]
# There are recordings of four incidents, each on a real fleet instrumented as
# in the first task: 10 seconds of calm, 15 of trouble, 15 of calm. Watch your
# alert on each:

# %%
from course.outage.telemetry.recording import INCIDENTS, scrapes_of

for name in INCIDENTS:
    fires = [routing_alert(seen) for seen in scrapes_of(name, WINDOW_S)]
    print(f"{name:10}", "".join("█" if firing else "·" for firing in fires))

# %% [markdown]
# ## Your turn: the same as a rule
#
# In production, Prometheus does the scraping, and the alert is a rule in a
# file. Return such a file, as text of at most 10,000 characters: one group with
# one rule, whose alert is called **RoutingExceptions**. It fires under the same
# condition, by the same two counters, over the last 10 seconds (`[10s]`;
# production would take longer, but our incidents are short). If it has a `for`,
# that is 5 seconds at most.
#
# Lesson 09 has a rule for another alert. `rate()` and `increase()` know that
# counters begin again. Aggregate over replicas and routes *before* you divide,
# or Prometheus divides each series by its namesake alone. If `promtool` is on
# this machine, the check runs your rule in it, on the four incidents and on
# made-up series near the threshold. Otherwise it only reads the file.


# %% nbgrader={"grade_id": "alert_rule", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def alert_rule():
    """A Prometheus rule file, as text."""
    ### BEGIN SOLUTION
    return """
groups:
  - name: routing
    rules:
      - alert: RoutingExceptions
        expr: >
          sum(increase(request_errors_total{error="RoutingFailed"}[10s]))
          / sum(increase(http_requests_total[10s]))
          > 0.01
        labels:
          severity: page
        annotations:
          summary: "Routing fails for {{ $value | humanizePercentage }} of requests"
          runbook: "Was there a deployment? Roll it back first (module 05)."
"""
    ### END SOLUTION


# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_signals", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("09", Signals, routing_alert, alert_rule)

# %% [markdown]
# ## Try it by hand
#
# One replica with your module listens on port 8000 and gets three requests:
# valid, malformed, unknown.

# %%
from autograder.checking import release_of
from course.outage import Fleet
from course.outage.requests import http_request

if before := globals().get("fleet"):
    before.close()  # it still holds the port, with your previous answer
fleet = Fleet(release_of("09", Signals), replicas=1, port=8000)
for raw in (
    http_request(b'{"region": "eu-west", "shard": 3}'),
    http_request(b"{"),
    http_request(None, path="/nowhere"),
):
    print(fleet.send(raw))
for line in fleet.send(http_request(None, path="/metrics")).text.splitlines():
    if line.startswith(("http_requests_total", "request_errors_total")):
        print(line)

# %%
fleet.close()

# %% [markdown]
# **Next:** [lesson 10 · Tests](../../course/notebooks/10_tests.ipynb).
