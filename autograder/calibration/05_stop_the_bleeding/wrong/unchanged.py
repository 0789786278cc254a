# fails: test_malformed_requests_get_a_4xx test_malformed_requests_are_logged test_the_process_survives test_valid_requests_are_served test_an_unknown_bug_is_a_logged_500 test_it_shuts_down_cleanly
# feedback: one except clause for one of them
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from course.service.routing import Backend, resolve


@dataclass(frozen=True, slots=True)
class Lookup:
    """A header to resolve, and the future that its request waits on."""

    header: bytes
    reply: asyncio.Future[Backend]


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    """Answer look-ups in the order they came, for as long as the process lives."""
    cached_resolve = lru_cache(maxsize=1024)(resolve)
    while True:
        lookup = await lookups.get()
        lookup.reply.set_result(cached_resolve(lookup.header))
