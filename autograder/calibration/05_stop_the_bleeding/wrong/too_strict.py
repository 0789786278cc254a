# fails: test_valid_requests_are_served
# feedback: what counts as valid
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
import json
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
            route = json.loads(lookup.header)
            known = route["region"] in {"eu-west", "us-east", "ap-south"}
            valid = known and isinstance(route["shard"], int)
        except (ValueError, KeyError, TypeError, RecursionError):
            valid = False
        if not valid:
            log.warning("route.malformed")
            lookup.reply.set_exception(HTTPException(400))
            continue
        try:
            lookup.reply.set_result(cached_resolve(lookup.header))
        except KeyError:
            log.warning("route.unknown")
            lookup.reply.set_exception(HTTPException(400))
        except Exception as exc:
            lookup.reply.set_exception(exc)
