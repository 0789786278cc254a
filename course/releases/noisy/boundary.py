"""What a failed look-up is called, and what the client is told of it.

RouteError      the client's: its X-Route header names no backend     400
RoutingFailed   ours: the routing code itself has failed              500
"""

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from course.service.routing import Backend, resolve


class RouteError(Exception):
    """The X-Route header names no backend of ours."""


class RoutingFailed(Exception):
    """A bug in the routing code, met by a request that may well be right."""


def find_backend(header: bytes) -> Backend:
    """The backend that the X-Route `header` names. Raises RouteError, RoutingFailed."""
    try:
        return resolve(header)
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise RouteError("the X-Route header names no backend") from exc
    except Exception as exc:
        raise RoutingFailed("the routing code failed") from exc


async def answer_route_error(request: Request, exc: Exception) -> Response:
    """A problem document (RFC 9457) that says what is wrong with the header."""
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400}
    return JSONResponse(
        problem | {"detail": str(exc)}, 400, media_type="application/problem+json"
    )


def install(app: FastAPI) -> None:
    """Translate what is the client's fault; a bug of ours stays an exception."""
    app.add_exception_handler(RouteError, answer_route_error)
