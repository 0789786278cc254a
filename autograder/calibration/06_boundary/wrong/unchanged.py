# fails: test_each_failure_has_its_status test_every_error_is_a_problem_document test_invalid_bodies_do_not_fail_twice test_every_response_has_its_request_id test_no_body_leaks test_the_log_says_it_once
# feedback: what does not exist
"""Every error of the service, as a response. Written on 5 June at 15:00, in a hurry."""

import traceback
import uuid
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from course.service.routing import Backend, resolve
from course.service.telemetry import Metrics

log = structlog.get_logger(__name__)


def find_backend(header: bytes) -> Backend:
    """The backend that the X-Route `header` names."""
    return resolve(header)


async def answer_error(request: Request, exc: Exception) -> Response:
    """Tell the client what has happened."""
    log.error("request.failed", error=str(exc))
    return JSONResponse(
        {"error": repr(exc), "trace": traceback.format_exception(exc)}, status_code=500
    )


def install(app: FastAPI, metrics: Metrics) -> ASGIApp:
    """Put the error handling into `app`; returns what the server is to serve."""

    @app.middleware("http")
    async def with_request_id(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        request_id = uuid.uuid4().hex[:12]
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = await call_next(request)
        response.headers["X-Request-ID"] = request_id
        return response

    app.add_exception_handler(Exception, answer_error)
    return app
