# Reads the header itself first, so that resolve() meets valid ones only.
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
import json
from dataclasses import dataclass
from functools import lru_cache

import structlog
from course.service.routing import Backend, resolve
from course.service.routing import TOPOLOGY
from fastapi import HTTPException

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A header to resolve, and the future that its request waits on."""

    header: bytes
    reply: asyncio.Future[Backend]


def fault_of(header: bytes) -> str:
    try:
        route = json.loads(header.decode())
    except ValueError:
        return "is no JSON in UTF-8"
    if not isinstance(route, dict) or not isinstance(route.get("region"), str):
        return "names no region"
    region, shard = route["region"].lower(), str(route.get("shard"))
    if region not in TOPOLOGY:
        return "names an unknown region"
    if not shard.isdecimal() or int(shard) >= TOPOLOGY[region]:
        return "names no shard of its region"
    return ""


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    while True:
        lookup = await lookups.get()
        try:
            fault = fault_of(lookup.header)
            if fault:
                log.info("header refused", fault=fault)
                raise HTTPException(400, f"X-Route {fault}")
            lookup.reply.set_result(resolve(lookup.header))
        except Exception as exc:
            lookup.reply.set_exception(exc)
