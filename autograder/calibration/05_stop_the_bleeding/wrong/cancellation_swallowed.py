# fails: test_an_unknown_bug_is_a_logged_500 test_it_shuts_down_cleanly
# feedback: CancelledError
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

import structlog
from course.service.routing import Backend, resolve
from fastapi import HTTPException

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A header to resolve, and the future that its request waits on."""

    header: bytes
    reply: asyncio.Future[Backend]


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    cached_resolve = lru_cache(maxsize=1024)(resolve)
    while True:
        lookup = None
        try:
            lookup = await lookups.get()
            lookup.reply.set_result(cached_resolve(lookup.header))
        except BaseException as exc:
            log.warning("route.malformed", error=repr(exc))
            if lookup is not None:
                lookup.reply.set_exception(HTTPException(400))
