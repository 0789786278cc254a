# %% [markdown]
# # Exercise 06 · The boundary
#
# **5 June 2024, 15:30 UTC.** The API serves everyone again. Now you replace the
# hotfix with something that can stay: one module that decides what every
# failure is called, what the client is told about it, and what the log says.
#
# *About 35 minutes, after
# [lesson 06](../../course/notebooks/06_boundary.ipynb).*
#
# Afterwards you can
#
# - design an error hierarchy and translate it to HTTP at one edge,
# - answer every error as a problem document that leaks nothing,
# - put the handling where even the last 500 has a request id and one log entry.

# %% [markdown]
# ## What there is
#
# The release *edge* is the good service with all of its error handling in one
# module, `boundary.py`. The service calls two functions of that module:

# %%
from course.outage import Release
from course.panel import show_diff

show_diff(Release.named("edge").diff())

# %% [markdown]
# ## Your task
#
# Rewrite `boundary.py` so that
#
# 1. **Statuses.** A missing or unreadable X-Route header is a **400**. One that
#    can be read and names a backend that does not exist (unknown region, or no
#    such shard) is a **404**. Invalid bodies are a 422 (a 400 will do for a body
#    that is not JSON in UTF-8: the framework answers some with it), unknown
#    paths a 404, wrong methods a 405 *with the headers that the framework gives
#    it*. A bug of ours is a **500**, in `resolve` as in the store. Valid
#    requests are served as before: a region in any case, a shard as a number or
#    as its digits, with other fields or without.
# 2. **Problem documents.** Every error response is `application/problem+json`
#    (RFC 9457) with at least `type` (text, `"about:blank"` will do), `title`
#    (text) and `status`, which equals the HTTP status.
# 3. **No second failure.** A body with `NaN`, an infinite number or half a
#    surrogate pair is a 422 like any other.
# 4. **Request ids.** Every response has an `X-Request-ID`, the last 500
#    included, and the log's lines about the request have the same `request_id`.
#    No two requests share one.
# 5. **No leaks.** No traceback, no exception's name or text, no file, no secret
#    in a body. The names of your own exceptions count: they are for us alone.
# 6. **The log.** A header that gets a 400 or a 404 leaves no error. It leaves a
#    line of yours, of level info or warning. The line names the exception that
#    gave the header away (its cause). If you checked before Python could raise,
#    there is none to name. A bug leaves **exactly one** error, with a traceback
#    in which its cause can still be read.
#
# What you can use:
#
# - `resolve(header)` and `BACKENDS` (region → shard → Backend) from
#   `course.service.routing`,
# - `RequestLog(app, metrics)` from `course.service.telemetry`. It gives a
#   request its id, logs it, counts it, and logs what is raised through it. The
#   good release serves the application wrapped in it.
# - `app.add_exception_handler(SomeError, handler)` with
#   `async def handler(request, exc) -> Response`. A handler is for a class and
#   its subclasses. FastAPI's own errors are `RequestValidationError`
#   (`exc.errors()`) and Starlette's `HTTPException` (`status_code`, `detail`,
#   `headers`).

# %% nbgrader={"grade_id": "boundary", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
"""The boundary: what a failure is called inside, and what the client is told of it.

ServiceError
├── MalformedRoute   the X-Route header cannot be read            400
└── UnknownBackend   it can be, and names no backend of ours      404
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from course.service.routing import BACKENDS, Backend
from course.service.telemetry import Metrics, RequestLog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

log = structlog.get_logger(__name__)


class ServiceError(Exception):
    """A request that this service refuses; `detail` is for the client's eyes."""

    status = 500
    detail = ""


class MalformedRoute(ServiceError):
    """The X-Route header cannot be read."""

    status = 400
    detail = "The X-Route header must be a JSON object with a region and a shard."


class UnknownBackend(ServiceError):
    """The X-Route header names a region or shard that does not exist."""

    status = 404
    detail = "There is no such backend."


def find_backend(header: bytes) -> Backend:
    """The backend that the X-Route `header` names. Raises ServiceError."""
    try:
        route = json.loads(header.decode())
        region, shard = route["region"].lower(), int(route["shard"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as exc:
        raise MalformedRoute from exc
    except RecursionError as exc:  # deep nesting: the client's doing as well
        raise MalformedRoute from exc
    try:
        return BACKENDS[region][shard]
    except KeyError as exc:
        raise UnknownBackend from exc


def problem(
    status: int,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    return JSONResponse(
        body | more, status, headers=headers, media_type="application/problem+json"
    )


async def answer_service_error(request: Request, exc: ServiceError) -> Response:
    """A failure that has a name."""
    log.warning("request.refused", error=type(exc).__name__, cause=repr(exc.__cause__))
    return problem(exc.status, exc.detail)


async def answer_http_error(request: Request, exc: HTTPException) -> Response:
    """A failure that the framework or a route has put in terms of HTTP."""
    return problem(exc.status_code, exc.detail, exc.headers)


async def answer_invalid(request: Request, exc: RequestValidationError) -> Response:
    """An invalid body. Where and what; never the input, which may not even be JSON."""
    errors = [{"loc": list(e["loc"]), "msg": e["msg"]} for e in exc.errors()]
    return problem(422, "The request is not valid.", errors=errors)


async def answer_bug(request: Request, exc: Exception) -> Response:
    """A bug of ours. It is raised again, and RequestLog puts it into the log."""
    return problem(500)


def install(app: FastAPI, metrics: Metrics) -> ASGIApp:
    """Put the error handling into `app`; returns what the server is to serve."""
    app.add_exception_handler(ServiceError, answer_service_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(Exception, answer_bug)
    return RequestLog(app, metrics)


# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_boundary", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("06", install)

# %% [markdown]
# ## Try it by hand
#
# The next cell starts one replica with your module on port 8000. Run it again
# after a change.

# %%
from autograder.checking import release_of
from course.outage import Fleet
from course.outage.requests import http_request

if before := globals().get("fleet"):
    before.close()  # it holds the port, with your answer of the last time
fleet = Fleet(release_of("06", install), replicas=1, port=8000)
VALID = b'{"region": "eu-west", "shard": 3}'
for raw in (
    http_request(VALID),
    http_request(b'{"region": "mars", "shard": 3}'),
    http_request(VALID, "PUT", "/orders/1", b'{"item": "tea", "quantity": NaN}'),
):
    answer = fleet.send(raw)
    print(answer, answer.headers.get("x-request-id", "(no id)"), answer.text)

# %%
fleet.close()

# %% [markdown]
# **Next:** [lesson 07 · Async](../../course/notebooks/07_async.ipynb).
