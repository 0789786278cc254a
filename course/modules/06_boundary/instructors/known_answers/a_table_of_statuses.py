import json

import structlog
from course.service.routing import BACKENDS
from course.service.telemetry import RequestLog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


class OrdersError(Exception):
    """Whatever this service refuses."""


class RouteUnreadable(OrdersError):
    """No JSON object with a region and a shard."""


class RouteUnknown(OrdersError):
    """A region or shard that we do not have."""


STATUSES = {
    RouteUnreadable: (400, "Unreadable route"),
    RouteUnknown: (404, "Unknown route"),
}


def find_backend(header):
    try:
        route = json.loads(header)
        region, shard = route["region"], route["shard"]
        region, shard = region.lower(), int(shard)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as exc:
        raise RouteUnreadable("cannot read X-Route") from exc
    try:
        return BACKENDS[region][shard]
    except LookupError as exc:
        raise RouteUnknown("cannot find backend") from exc


def answer(status, title, headers=None, **members):
    members = {"type": "about:blank", "title": title, "status": status, **members}
    return JSONResponse(members, status, headers, "application/problem+json")


async def orders_error(request, exc):
    structlog.get_logger("edge").info("refused", exc_info=exc)
    return answer(*STATUSES[type(exc)])


async def http_error(request, exc):
    return answer(exc.status_code, exc.detail or "Error", exc.headers)


async def validation_error(request, exc):
    errors = [
        {"pointer": "/".join(str(p) for p in e["loc"]), "code": e["type"]}
        for e in exc.errors()
    ]
    return answer(422, "Invalid", errors=errors)


async def unexpected(request, exc):
    return answer(500, "Unexpected")


def install(app, metrics):
    for kind, handler in {
        OrdersError: orders_error,
        HTTPException: http_error,
        RequestValidationError: validation_error,
        Exception: unexpected,
    }.items():
        app.add_exception_handler(kind, handler)
    return RequestLog(app, metrics)
