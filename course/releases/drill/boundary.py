"""What clients are told of a look-up that fails, and how long any request may take.

BadRoute      the X-Route header names no backend                  400
TimeoutError  the directory has not answered in time               503
"""

import asyncio

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REQUEST_WITHIN_S = 10.0


class BadRoute(Exception):
    """The X-Route header names no backend of ours: the client's fault."""


async def answer_bad_route(request: Request, exc: Exception) -> Response:
    """A problem document (RFC 9457)."""
    return problem(400, "Bad Request", str(exc))


async def answer_timeout(request: Request, exc: Exception) -> Response:
    """A problem document that says when to come back."""
    return problem(503, "Service Unavailable", "try again later", {"Retry-After": "1"})


def problem(
    status: int, title: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """One problem document; its status is the response's."""
    content = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(
        content | {"detail": detail}, status, headers, "application/problem+json"
    )


def install(app: FastAPI) -> None:
    """Translate both; whatever else is raised is a bug of ours, and a 500."""
    app.add_exception_handler(BadRoute, answer_bad_route)
    app.add_exception_handler(TimeoutError, answer_timeout)


class Patience:
    """Cancels a request of `app` that has not ended after 10 seconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of `app`."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        async with asyncio.timeout(REQUEST_WITHIN_S):
            await self.app(scope, receive, send)
