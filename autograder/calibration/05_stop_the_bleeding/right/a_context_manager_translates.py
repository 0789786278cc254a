# A context manager turns what resolve() raises into what the client is told.
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import structlog
from course.service.routing import Backend, resolve
from fastapi import HTTPException

MALFORMED = (ValueError, KeyError, TypeError, AttributeError, OverflowError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A header to resolve, and the future that its request waits on."""

    header: bytes
    reply: asyncio.Future[Backend]


@contextmanager
def told_to_client(header: bytes) -> Iterator[None]:
    try:
        yield
    except MALFORMED as exc:
        log.info(
            "malformed route", header=repr(header[:100]), reason=type(exc).__name__
        )
        raise HTTPException(422, "X-Route cannot be read") from exc


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    while True:
        lookup = await lookups.get()
        try:
            with told_to_client(lookup.header):
                backend = resolve(lookup.header)
        except Exception as exc:
            lookup.reply.set_exception(exc)
        else:
            lookup.reply.set_result(backend)
