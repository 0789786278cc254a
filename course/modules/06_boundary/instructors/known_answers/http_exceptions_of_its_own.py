import structlog
from course.service.routing import TOPOLOGY, Backend, resolve
from course.service.telemetry import RequestLog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

logger = structlog.get_logger("boundary")


class MalformedRoute(HTTPException):
    def __init__(self):
        super().__init__(400, "X-Route: malformed")


class NoSuchBackend(HTTPException):
    def __init__(self):
        super().__init__(404, "X-Route: no such backend")


def find_backend(header: bytes) -> Backend:
    try:
        return resolve(header)
    except KeyError as exc:
        logger.info("route.refused", cause=repr(exc))
        if exc.args[0] in ("region", "shard"):
            raise MalformedRoute from exc
        raise NoSuchBackend from exc
    except (AttributeError, OverflowError, TypeError, ValueError) as exc:
        logger.info("route.refused", cause=repr(exc))
        raise MalformedRoute from exc


def document(status, title, headers=None):
    return JSONResponse(
        {
            "type": f"https://orders.example/problems/{status}",
            "title": title,
            "status": status,
        },
        status_code=status,
        headers={**(headers or {}), "content-type": "application/problem+json"},
    )


async def http_error(request, exc):
    return document(exc.status_code, str(exc.detail), exc.headers)


async def invalid(request, exc):
    where = [".".join(map(str, error["loc"])) for error in exc.errors()]
    return document(
        422, f"invalid: {', '.join(where)}".encode("ascii", "replace").decode()
    )


async def bug(request, exc):
    return document(500, "Internal Server Error")


def install(app, metrics):
    app.exception_handlers[HTTPException] = http_error
    app.exception_handlers[RequestValidationError] = invalid
    app.exception_handlers[Exception] = bug
    return RequestLog(app, metrics)
