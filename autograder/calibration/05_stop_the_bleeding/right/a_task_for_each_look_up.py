# Each look-up has a task of its own in a group that the loop owns.
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


async def answer(lookup: Lookup) -> None:
    try:
        lookup.reply.set_result(resolve(lookup.header))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as exc:
        log.error("malformed route", exc_info=exc)
        lookup.reply.set_exception(HTTPException(400))
    except Exception as exc:
        lookup.reply.set_exception(exc)


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(answer(await lookups.get()))
