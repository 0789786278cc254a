"""The boundary: what a failure is called inside, and what the client is told of it.

ServiceError
├── MalformedRoute   the X-Route header cannot be read            400
└── UnknownBackend   it can be, and names no backend of ours      404
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from course.service.routing import BACKENDS, Backend
from course.service.telemetry import Metrics, RequestLog

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
