# fails: test_malformed_requests_get_a_4xx test_an_unknown_bug_is_a_logged_500
# feedback: who waits
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
        try:
            await answer_all(lookups)
        except Exception as exc:
            log.error("dispatcher died, starting it again", error=repr(exc))


async def answer_all(lookups: asyncio.Queue[Lookup]) -> None:
    cached_resolve = lru_cache(maxsize=1024)(resolve)
    while True:
        lookup = await lookups.get()
        lookup.reply.set_result(cached_resolve(lookup.header))
