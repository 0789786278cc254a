# %% [markdown]
# # 06 · The boundary
#
# **5 June 2024, 15:30 UTC.** Full service. The hotfix holds, and nobody would like to read
# it again in a year. Time for the thing it stands in for: *one* place where failures become
# responses.
#
# *About 25 minutes, then [exercise 06](../../exercises/06_boundary/06_boundary.ipynb) with
# 35 more.*
#
# Afterwards you can
#
# - design an error hierarchy and translate it to HTTP at one edge,
# - answer every error as a problem document that leaks nothing,
# - put the handling where even the last 500 has a request id and one log entry.
#
# Two questions to keep in mind: *who can do something about this failure*, and *what does
# that person need to know?*

# %% [markdown]
# ## A boundary in a hurry
#
# Somebody has made a start. The release *edge* gives each request an id and answers every
# unhandled exception with JSON. Here is its error handling:

# %%
from course.outage import Fleet, Release
from course.outage.requests import http_request
from course.panel import Prediction, recall

edge = Release.named("edge")
print(edge.source("boundary.py", since="async def answer_error"))

# %% [markdown]
# **Predict.** Four requests: a valid one, an unknown path (404), an invalid body (422), and
# a malformed header (500).

# %%
without = Prediction.named("06 without")
without.show()

# %%
VALID = b'{"region": "eu-west", "shard": 3}'
FOUR = {
    "valid": http_request(VALID),
    "unknown path": http_request(VALID, path="/nothing"),
    "invalid body": http_request(VALID, "PUT", "/orders/1", b'{"item": "tea"}'),
    "malformed header": http_request(b"[1, 2]"),
}
fleet = Fleet(edge, replicas=1)
missing = []
for name, raw in FOUR.items():
    answer = fleet.send(raw)
    request_id = answer.headers.get("x-request-id")
    if not request_id:
        missing.append(answer.status)
    print(f"{name:18} {answer!s:26} id: {request_id}")
without.reveal(
    "c" if missing == [500] else "b" if missing else "a", f"Without an id: {missing}."
)

# %% [markdown]
# ## Who is outermost?
#
# Middleware is nested: each layer calls the next one and gets its response back. What a
# layer adds, it adds to responses that come *through* it. These are the layers of an
# application with one middleware, from outside to inside:

# %%
from fastapi import APIRouter, FastAPI

app = FastAPI()


@app.middleware("http")
async def with_request_id(request, call_next):
    return await call_next(request)


app.add_exception_handler(Exception, lambda request, exc: None)
layer = app.build_middleware_stack()
while not isinstance(layer, APIRouter):
    print(type(layer).__name__)
    layer = layer.app

# %% [markdown]
# A handler for `Exception` runs in `ServerErrorMiddleware`, and that is always the
# outermost: outside of every middleware that you add (ours is the `BaseHTTPMiddleware`; the
# others come with the framework). An exception from a route passes
# through `with_request_id` on its way up. The line after `call_next` never runs, and the
# 500 is made outside.
#
# ![Two stacks of nested boxes. Left, release edge: outermost is ServerErrorMiddleware, which
# answers 500; inside it with_request_id, which adds the id; then ExceptionMiddleware; then
# the route, whose exception goes up past with_request_id. Right, the good release:
# RequestLog is outermost, so the 500 of ServerErrorMiddleware passes through it and gets its
# id.](../figures/layers.svg)
#
# The cure is a layer around the whole application. The good release does that: the server
# is given `RequestLog(app, metrics)`, and the 500 passes through it like any other response:

# %%
with Fleet(Release.named("good"), replicas=1) as good:
    answer = good.send(FOUR["malformed header"])
    print(answer, "id:", answer.headers.get("x-request-id"))
    good.telemetry.wait_for(
        lambda t: any("exception" in e.record for e in t.log_entries()), within_s=2
    )
    for entry in good.telemetry.log_entries():
        if entry.record.get("request_id") == answer.headers["x-request-id"]:
            record = entry.record
            print(record["level"], record["event"], record.get("exception", "")[-60:])

# %% [markdown]
# The same id in the response and in the log: that is what an id is for. A user reads it out on
# the phone, and you search for it.
#
# ## What a body must not say
#
# The client of the 500 gets this:

# %%
leaked = fleet.send(FOUR["malformed header"]).text
print(len(leaked), "bytes, among them:")
for part in ("site-packages", "course/service/routing.py", "resolve", "TypeError"):
    print(f"    {part!r}: {part in leaked}")
fleet.close()

# %% [markdown]
# Such a body tells paths, line numbers that betray the versions of libraries, function names,
# and whatever the exception's text holds: for a database error that may be a query with a customer's data, or a connection
# string with its password. Whoever probes an API for weaknesses sends malformed requests
# and reads the answers.
#
# The text of an exception was written for the reader of the log. The client needs three
# things: whose fault it is (the status), what it can do about it (a sentence that *you*
# have written), and an id to quote.

# %% [markdown]
# ## The error handler that fails
#
# Now a defect that is in the *good* release, and in many FastAPI services. A body that does
# not fit the model is answered with a 422, which says what was wrong. **Predict:**

# %%
nan = Prediction.named("06 nan")
nan.show()

# %%
with Fleet(Release.named("good"), replicas=1) as good:
    body = b'{"item": "tea", "quantity": NaN}'
    answer = good.send(http_request(VALID, "PUT", "/orders/1", body))
    good.telemetry.wait_for(
        lambda t: any("exception" in e.record for e in t.log_entries()), within_s=2
    )
    traces = [
        e.record["exception"]
        for e in good.telemetry.log_entries()
        if "exception" in e.record
    ]
nan.reveal({422: "a", 500: "b", 200: "c"}[answer.status])
for line in traces[0].splitlines():
    if not line.startswith(" ") and line:
        print(line[:110])

# %% [markdown]
# Half a surrogate pair in a string (`"\ud83d"`) does the same.
#
# The rule behind it: an error handler works with input that has already proved to be bad.
# Let it depend on as little of that input as it can. Where, and what rule was broken;
# never the value.

# %% [markdown]
# ## A taxonomy
#
# How many exception classes does a service need? As many as there are *different
# reactions*. Ask of each failure who can do something about it:
#
# | who | what it is | status | log | example |
# |---|---|---|---|---|
# | the client, by changing the request | can't be read | 400 | warning | a header that is no JSON |
# | | can be read, breaks a rule | 422 | warning | a quantity of 0 |
# | | names what does not exist | 404 | warning | an unknown region |
# | the client, by waiting | we cannot now | 503 and `Retry-After` | warning | maintenance |
# | we | a bug, or something of ours is broken | 500 | **error**, with traceback | everything else |
#
# The last row has no class of its own. It is everything that nobody has put a name to, and
# that is why `Exception` has a handler and no subclass.
#
# Two layers, two languages. Inside, code raises errors in terms of *its* world: "unknown
# backend", "store unavailable". It knows nothing of HTTP, so that a batch job can use it as
# well. At the edge, one table turns those names into statuses.

# %% [markdown]
# ## One edge
#
# A worked example, for another failure than the exercise's: the database says "locked",
# which is `sqlite3.OperationalError`. The client did nothing wrong and cannot change
# anything about it, except to come back later.

# %%
import sqlite3  # noqa: I001 - the order in which the service has them

import structlog
from course.service.routing import resolve as find_backend  # noqa: F401 - the service's
from course.service.telemetry import RequestLog
from fastapi.responses import JSONResponse

log = structlog.get_logger(__name__)


async def answer_later(request, exc):
    """503: the request is fine, and may be sent again."""
    log.warning("store.unavailable", error=repr(exc))
    return JSONResponse(
        {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "Orders cannot be reached. Try again in a moment.",
        },
        503,
        {"Retry-After": "2"},
        "application/problem+json",
    )


def install(app, metrics):
    """The service with that one handler, inside the layer that sees every response."""
    app.add_exception_handler(sqlite3.OperationalError, answer_later)
    return RequestLog(app, metrics)


# %% [markdown]
# Deployed, with a store that claims for one region that it is locked (planted for this
# purpose):

# %%
from autograder.checking import cell_of

LOCKED = """

import sqlite3

_latest = OrderStore.latest


async def latest(self: OrderStore, backend: Backend) -> list[Order]:
    if backend.region == "ap-south":
        raise sqlite3.OperationalError("database is locked")
    return await _latest(self, backend)


OrderStore.latest = latest
"""
worked = (
    edge.called("worked example")
    .replace("boundary.py", cell_of(install))
    .extended("store.py", LOCKED)
)
with Fleet(worked, replicas=1) as fleet:
    for route in (VALID, b'{"region": "ap-south", "shard": 1}'):
        answer = fleet.send(http_request(route))
        print(answer, "|", answer.text)
        for name in ("content-type", "retry-after", "x-request-id"):
            print(f"    {name}: {answer.headers.get(name)}")

# %% [markdown]
# One more caution, for the exercise. This handler is for `sqlite3.OperationalError`
# *wherever* it is raised, which is fine, because only the driver raises it. A handler for
# `KeyError` would be a disaster: every missing key in the whole service would become the
# client's fault. That is why `find_backend` must translate *where it knows* that the key
# was the client's, into a name that nothing else raises.

# %% [markdown]
# ## Problem documents
#
# RFC 9457 gives error bodies one shape, so that clients need one parser: `type` (a URI for
# the kind of problem, or `about:blank`), `title`, `status`, `detail`, `instance`, and
# members of your own. The media type is `application/problem+json`. `status` repeats the
# response's status for whoever sees the body alone; the two must agree, or one of them
# lies.
#
# It does not replace HTTP. A 200 with an error in the body tells every cache, proxy, retry
# policy and alert that all is well.

# %% [markdown]
# ## Recall

# %%
recall("06")

# %% [markdown]
# ## Take home
#
# - A layer sees what comes through it. Put ids and logging outside of everything.
# - As many exception classes as reactions. Translate at one edge, keep the cause.
# - An error handler depends on as little of the bad input as it can.
# - The client gets a status, a sentence of yours, an id. The log gets the rest, once.
#
# **Next:** [exercise 06 · The boundary](../../exercises/06_boundary/06_boundary.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - RFC 9457, "Problem Details for HTTP APIs", 2023; section 5 on what not to expose.
# - RFC 9110, "HTTP Semantics": 4xx and 5xx, `Allow` with 405, `Retry-After`.
# - RFC 8259, "The JavaScript Object Notation", section 6: no NaN and no infinity.
# - Starlette documentation, "Middleware" and "Exceptions": the order of layers.

# %%
from course.panel import lesson_done

lesson_done("06")
