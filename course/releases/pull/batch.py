"""Imports orders in batches: one JSON object a line, answered with what became of it."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from course.service.audit import Audit
from course.service.routing import BACKENDS, Backend
from course.service.store import Order, OrderStore

LONGEST_BATCH = 1000
WRITE_TRIES = 4
NOTIFY_WITHIN_S = 2.0

log = structlog.get_logger(__name__)


class BatchError(Exception):
    """A line of a batch, or all of it, cannot be imported; the client's fault."""


@dataclass
class Result:
    """How many orders were imported, and why others were not."""

    imported: int = 0
    rejected: list[str] = field(default_factory=list)


def parse(line: str) -> tuple[Backend, Order]:
    """The order that one line describes. Raises BatchError."""
    try:
        data = json.loads(line)
        backend = BACKENDS[data["region"].lower()][int(data["shard"])]
        quantity = int(data["quantity"])
        item, order_id = str(data["item"]), str(data["id"])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise BatchError("the line cannot be read")
    assert 1 <= quantity <= 1000, "quantity out of range"
    return backend, Order(order_id, item, quantity)


async def write(store: OrderStore, backend: Backend, order: Order) -> None:
    """Store an order; a database that is locked is tried again, a few times."""
    for tries in range(WRITE_TRIES):
        try:
            await store.put(backend, order)
            return
        except sqlite3.OperationalError:
            log.warning("batch.write_failed", tries=tries + 1)
            await asyncio.sleep(0.05 * 2**tries)


async def import_batch(name: str, text: str, store: OrderStore) -> Result:
    """Import the lines of `text`. Raises BatchError if there are too many."""
    lines = text.splitlines()
    if len(lines) > LONGEST_BATCH:
        raise BatchError(f"{len(lines)} lines, at most {LONGEST_BATCH}")
    result = Result()
    audit = Audit(name)
    for line in lines:
        try:
            backend, order = parse(line)
        except BatchError as exc:
            result.rejected.append(str(exc))
            continue
        try:
            await write(store, backend, order)
        except Exception:
            result.rejected.append("the line cannot be imported")
            continue
        audit.write(id=order.id, shard=backend.shard)
        result.imported += 1
    audit.close()
    return result


def share_done(done: int, total: int) -> float:
    """For the progress bar; an empty batch is done."""
    try:
        return done / total
    except ZeroDivisionError:
        return 1.0


async def run_jobs(jobs: "asyncio.Queue[Callable[[], Awaitable[None]]]") -> None:
    """Run background jobs one after another, for as long as the process lives."""
    while True:
        job = await jobs.get()
        try:
            await job()
        except BaseException:
            log.exception("batch.job_failed")
        finally:
            jobs.task_done()


async def notify(name: str, result: Result) -> None:
    """Tell the warehouse; it asks for missing ones itself, so this may fail."""
    try:
        async with asyncio.timeout(NOTIFY_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", 9)
            writer.write(f"{name} {result.imported}\n".encode())
            writer.close()
    except (OSError, TimeoutError) as exc:
        log.warning("batch.not_notified", batch=name, error=repr(exc))
