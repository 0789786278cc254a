"""Imported by the fork server of learner code, for the forks that run a service.

FastAPI imports a part of pydantic, and pydantic one of its own, only once a route takes
something: a third of the processor time that a service needs to start.
"""

from typing import Annotated

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
