# fails: test_malformed_requests_are_logged
# feedback: the last place
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from course.service.routing import Backend, resolve
from fastapi import HTTPException


@dataclass(frozen=True, slots=True)
class Lookup:
    """A header to resolve, and the future that its request waits on."""

    header: bytes
    reply: asyncio.Future[Backend]


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    cached_resolve = lru_cache(maxsize=1024)(resolve)
    while True:
        lookup = await lookups.get()
        try:
            lookup.reply.set_result(cached_resolve(lookup.header))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            lookup.reply.set_exception(HTTPException(400))
        except Exception as exc:
            lookup.reply.set_exception(exc)
