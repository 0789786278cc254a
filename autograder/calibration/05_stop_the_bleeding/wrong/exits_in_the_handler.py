# fails: test_malformed_requests_get_a_4xx test_malformed_requests_are_logged test_the_process_survives test_valid_requests_are_served test_an_unknown_bug_is_a_logged_500 test_it_shuts_down_cleanly
# feedback: what the exception passes
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
import os
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
        lookup = await lookups.get()
        try:
            lookup.reply.set_result(cached_resolve(lookup.header))
        except (ValueError, KeyError, TypeError, AttributeError):
            os._exit(1)
        except Exception as exc:
            lookup.reply.set_exception(exc)
