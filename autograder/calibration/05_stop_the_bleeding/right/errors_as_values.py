# Look-ups return either a backend or an error; nothing is raised in the loop.
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
from collections import OrderedDict
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


def look_up(header: bytes) -> Backend | Exception:
    try:
        return resolve(header)
    except MALFORMED as exc:
        log.warning("malformed", reason=str(exc)[:80])
        return HTTPException(400, "malformed X-Route header")
    except Exception as exc:
        return exc


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    known: OrderedDict[bytes, Backend] = OrderedDict()
    while True:
        lookup = await lookups.get()
        found = known.get(lookup.header) or look_up(lookup.header)
        match found:
            case Backend():
                known[lookup.header] = found
                if len(known) > 1024:
                    known.popitem(last=False)
                lookup.reply.set_result(found)
            case _:
                lookup.reply.set_exception(found)
