# %% [markdown]
# # 06 · The boundary
#
# **5 June 2024, 15:30 UTC.** Full service. The hotfix holds, and nobody wants
# to read it again a year from now. Time for what it stands in for: *one* place
# where failures become responses.
#
# *About 25 minutes, then
# [exercise 06](../../exercises/06_boundary/06_boundary.ipynb) with 35 more.*
#
# Afterwards you can
#
# - design an error hierarchy and translate it to HTTP at one edge,
# - answer every error as a problem document that leaks nothing,
# - put the handling where even the last 500 has a request id and one log entry.
#
# Keep two questions in mind: *who can do something about this failure*, and
# *what does that person need to know?*

# %% [markdown]
# ## A boundary in a hurry
#
# Somebody has made a start. The release *edge* has a middleware that gives each
# request an id, and a handler that answers every unhandled exception with JSON:

# %%
from course.outage import Release

edge = Release.named("edge")
print(edge.source("boundary.py", since="async def answer_error"))

# %% [markdown]
# Four requests are next: a valid one, one for an unknown path (404), one with
# an invalid body (422), and one with a malformed header (500).

# %%
from course.panel import predict

without = predict("06 without")

# %%
from course.outage import Fleet
from course.outage.requests import http_request

VALID = b'{"region": "eu-west", "shard": 3}'
FOUR = {
    "valid": http_request(VALID),
    "unknown path": http_request(VALID, path="/nothing"),
    "invalid body": http_request(VALID, "PUT", "/orders/1", b'{"item": "tea"}'),
    "malformed header": http_request(b"[1, 2]"),
}
fleet = Fleet(edge, replicas=1)
answers = {name: fleet.send(raw) for name, raw in FOUR.items()}
for name, answer in answers.items():
    print(f"{name:18} {answer!s:26} id: {answer.headers.get('x-request-id')}")

# %%
without.reveal(*answers.values())

# %% [markdown]
# ## Who is outermost?
#
# Middleware is nested: each layer calls the next one and gets its response
# back. What a layer adds, it adds to responses that come *through* it. These
# are the layers of an application with one middleware, from the outside in:

# %%
from fastapi import APIRouter, FastAPI

app = FastAPI()


@app.middleware("http")
async def with_request_id(request, call_next):
    return await call_next(request)


layer = app.build_middleware_stack()
while not isinstance(layer, APIRouter):
    print(type(layer).__name__)
    layer = layer.app

# %% [markdown]
# Ours is the `BaseHTTPMiddleware`. The others come with the framework, and
# `ServerErrorMiddleware` always stands first.
#
# ![Two stacks of nested boxes. Left, release edge: outermost is
# ServerErrorMiddleware, which answers 500; inside it with_request_id, which adds
# the id; then ExceptionMiddleware; then the route, whose exception goes up past
# with_request_id. Right, the good release: RequestLog is outermost, so the 500 of
# ServerErrorMiddleware passes through it and gets its id.](../figures/layers.svg)
#
# The cure is a layer around the whole application. The good release hands the
# server `RequestLog(app, metrics)`, and a 500 passes through it like any other
# response:

# %%
from course.panel import logged_error

good = Fleet(Release.named("good"), replicas=1)
answer = good.send(FOUR["malformed header"])
print(answer, "id:", answer.headers["x-request-id"])

record = logged_error(good, answer)
print(record["level"], record["event"], "id:", record["request_id"])
print(record["exception"].splitlines()[-1])

# %% [markdown]
# The response and the log have the same id. That is what an id is for: a user
# reads it out on the phone, and you search for it.
#
# ## What a body must not say
#
# The 500 of *edge* has a body, which its client gets to read:

# %%
leaked = fleet.send(FOUR["malformed header"]).text
print(len(leaked), "bytes, among them:")
for part in ("site-packages", "course/service/routing.py", "resolve", "TypeError"):
    print(f"    {part!r}: {part in leaked}")
fleet.close()

# %% [markdown]
# Such a body gives away paths, function names, and line numbers that betray the
# versions of your libraries. It also repeats the text of the exception. After a
# database error that may be a query with a customer's data, or a connection
# string with its password. People who probe an API for weaknesses send
# malformed requests and read the answers.
#
# The text of an exception was written for whoever reads the log. The client
# needs three things: whose fault it is (the status), what it can do about it (a
# sentence that *you* wrote), and an id to quote.

# %% [markdown]
# ## Not a number
#
# Back to the good release. It answers a body that does not fit the model with a
# 422, which says what was wrong. JSON has no `NaN`, but Python's parser reads
# one as a number, and a quantity must be a whole number from 1 to 1000.

# %%
nan = predict("06 nan")

# %%
body = b'{"item": "tea", "quantity": NaN}'
answer = good.send(http_request(VALID, "PUT", "/orders/1", body))

# %%
nan.reveal(answer)

# %%
for line in logged_error(good, answer)["exception"].splitlines():
    if not line.startswith(" ") and line:
        print(line[:110])
good.close()

# %% [markdown]
# Half a surrogate pair in a string (`"\ud83d"`) has the same effect.
#
# A rule for every error handler: its input has already proved to be bad, so let
# it depend on as little of that input as it can. Say where, and which rule was
# broken. Never repeat the value.

# %% [markdown]
# ## A taxonomy
#
# How many exception classes does a service need? As many as there are
# *different reactions*. Ask of each failure who can do something about it:
#
# | who | what it is | status | log | example |
# |---|---|---|---|---|
# | the client, by changing the request | can't be read | 400 | warning | a header that is not JSON |
# | | can be read, breaks a rule | 422 | warning | a quantity of 0 |
# | | names what does not exist | 404 | warning | an unknown region |
# | the client, by waiting | we can't serve it now | 503 and `Retry-After` | warning | maintenance |
# | we | a bug, or something of ours is broken | 500 | **error**, with traceback | everything else |
#
# The last row has no class of its own. It is everything that nobody has named
# yet, so `Exception` gets a handler and no subclass.
#
# Two layers speak two languages. Inside, code raises errors in terms of *its*
# world: "unknown backend", "store unavailable". It knows nothing of HTTP, so a
# batch job can use it too. At the edge, one table turns those names into
# statuses.

# %% [markdown]
# ## One edge
#
# A worked example handles another failure than the exercise does: the database
# says "locked", which is `sqlite3.OperationalError`. The client did nothing
# wrong. All that it can do is come back later.

# %%
import sqlite3

import structlog
from fastapi.responses import JSONResponse

from course.service.routing import resolve as find_backend  # noqa: F401 - app.py's
from course.service.telemetry import RequestLog

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
# The release *locked* has a store that finds the orders of one region locked.
# Deploy the handler with it:

# %%
from autograder.checking import cell_of

worked = Release.named("locked").replace("boundary.py", cell_of(install))
with Fleet(worked, replicas=1) as fleet:
    for route in (VALID, b'{"region": "ap-south", "shard": 1}'):
        answer = fleet.send(http_request(route))
        print(answer, "|", answer.text)
        for name in ("content-type", "retry-after", "x-request-id"):
            print(f"    {name}: {answer.headers.get(name)}")

# %% [markdown]
# One caution for the exercise. This handler is for `sqlite3.OperationalError`
# *wherever* it is raised. That is fine, because only the database driver raises
# it. A handler for `KeyError` would be a disaster: every missing key in the
# whole service would become the client's fault. So `find_backend` must
# translate the error *where it knows* that the key was the client's, into a
# name that nothing else raises.

# %% [markdown]
# ## Problem documents
#
# RFC 9457 gives error bodies one shape, so that clients need one parser. The
# members are `type` (a URI for the kind of problem, or `about:blank`), `title`,
# `status`, `detail`, `instance`, and any of your own. The media type is
# `application/problem+json`. `status` repeats the response's status for whoever
# sees the body alone. The two must agree, or one of them lies.
#
# A problem document does not replace HTTP. A 200 with an error in its body
# tells every cache, proxy, retry policy and alert that all is well.

# %% [markdown]
# ## Recall

# %%
from course.panel import recall

recall("06")

# %% [markdown]
# ## Take home
#
# - A layer sees what comes through it. Put ids and logging outside of
#   everything.
# - As many exception classes as reactions. Translate at one edge, keep the
#   cause.
# - An error handler depends on as little of the bad input as it can.
# - The client gets a status, a sentence of yours, an id. The log gets the rest,
#   once.
#
# **Next:**
# [exercise 06 · The boundary](../../exercises/06_boundary/06_boundary.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - RFC 9457, "Problem Details for HTTP APIs", 2023; section 5 on what not to
#   expose.
# - RFC 9110, "HTTP Semantics": 4xx and 5xx, `Allow` with 405, `Retry-After`.
# - RFC 8259, "The JavaScript Object Notation", section 6: no NaN and no
#   infinity.
# - Starlette documentation, "Middleware" and "Exceptions": the order of layers.
