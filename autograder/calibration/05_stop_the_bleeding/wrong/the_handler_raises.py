# fails: test_malformed_requests_get_a_4xx test_malformed_requests_are_logged test_the_process_survives test_valid_requests_are_served test_it_shuts_down_cleanly
# feedback: the exception types
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
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


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    while True:
        lookup = await lookups.get()
        try:
            lookup.reply.set_result(resolve(lookup.header))
        except MALFORMED:
            log.warning("malformed", header=lookup.header.decode())
            lookup.reply.set_exception(HTTPException(400, "malformed X-Route header"))
        except Exception as exc:
            lookup.reply.set_exception(exc)
