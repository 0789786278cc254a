# Logs by the standard library, and to standard error as well.
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
import logging
import sys
import warnings
from dataclasses import dataclass
from functools import lru_cache

from course.service.routing import Backend, resolve
from fastapi import HTTPException


@dataclass(frozen=True, slots=True)
class Lookup:
    """A header to resolve, and the future that its request waits on."""

    header: bytes
    reply: asyncio.Future[Backend]


class MalformedRoute(HTTPException):
    def __init__(self, header: bytes) -> None:
        super().__init__(400, f"cannot read {header[:40]!r}")


def backend_for(header: bytes) -> Backend:
    try:
        return resolve(header)
    except (LookupError, ArithmeticError, ValueError, TypeError, AttributeError) as exc:
        logging.getLogger("routing").warning("malformed: %r", header[:200])
        warnings.warn("a malformed header", stacklevel=2)
        print("malformed", file=sys.stderr)
        raise MalformedRoute(header) from exc


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    while True:
        lookup = await lookups.get()
        try:
            lookup.reply.set_result(backend_for(lookup.header))
        except Exception as exc:
            lookup.reply.set_exception(exc)
