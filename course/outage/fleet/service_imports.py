"""Imports all that a service needs, in a fork server: its forks find it there.

FastAPI imports a part of pydantic, and pydantic one of its own, only once a route takes
something: a third of the processor time that a service needs to start.
"""

from typing import Annotated

import aiosqlite  # noqa: F401 - the service's
import prometheus_client  # noqa: F401 - the service's
import structlog  # noqa: F401 - the service's
import uvicorn.lifespan.on
import uvicorn.protocols.http.auto
import uvicorn.protocols.websockets.auto  # noqa: F401 - uvicorn's, once it serves
from fastapi import FastAPI, Header
from pydantic import BaseModel


class Body(BaseModel):
    """Some body of a request."""

    number: int


def route(
    name: str, body: Body, header: Annotated[str | None, Header()] = None
) -> Body:
    """Stand for a route of a service."""
    raise NotImplementedError


app = FastAPI()
app.put("/{name}")(route)
