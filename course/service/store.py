"""Orders in SQLite: a small pool of connections and the three queries on it.

Each query is one statement in autocommit mode, so a request that is cancelled in the
middle of a query leaves no transaction open, and its connection is fit for the next.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import aiosqlite

from .routing import Backend
from .telemetry import Metrics

POOL_SIZE = 4
BUSY_TIMEOUT_S = 5.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT NOT NULL, region TEXT NOT NULL, shard INTEGER NOT NULL,
    item TEXT NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (region, shard, id)
);
CREATE TABLE IF NOT EXISTS maintenance (notice TEXT NOT NULL);
"""
PUT = """
INSERT INTO orders (id, item, quantity, region, shard) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET item = excluded.item, quantity = excluded.quantity
"""
GET = "SELECT id, item, quantity FROM orders WHERE id = ? AND region = ? AND shard = ?"
LATEST = """
SELECT id, item, quantity FROM orders WHERE region = ? AND shard = ?
ORDER BY rowid DESC LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Order:
    """`quantity` pieces of one `item`."""

    id: str
    item: str
    quantity: int


class OrderStore:
    """The orders of all backends. Open it with `OrderStore.open`."""

    def __init__(
        self, connections: Iterable[aiosqlite.Connection], metrics: Metrics
    ) -> None:
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for connection in connections:
            self._idle.put_nowait(connection)
        self._metrics = metrics

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database: Path, metrics: Metrics
    ) -> AsyncGenerator["OrderStore", None]:
        """Open `database`, made if missing; on leaving, close every connection."""
        async with AsyncExitStack() as stack:
            connections = [
                await stack.enter_async_context(
                    aiosqlite.connect(
                        database, timeout=BUSY_TIMEOUT_S, isolation_level=None
                    )
                )
                for _ in range(POOL_SIZE)
            ]
            await connections[0].execute("PRAGMA journal_mode = WAL")
            await connections[0].executescript(SCHEMA)
            yield cls(connections, metrics)

    async def put(self, backend: Backend, order: Order) -> None:
        """Store `order`, or replace the one that has its id: safe to retry."""
        await self._query(PUT, *asdict(order).values(), *asdict(backend).values())

    async def get(self, backend: Backend, order_id: str) -> Order | None:
        """Return the order with that id on `backend`, if there is one."""
        rows = await self._query(GET, order_id, backend.region, backend.shard)
        return Order(*rows[0]) if rows else None

    async def latest(self, backend: Backend) -> list[Order]:
        """Return the newest orders on `backend`, at most 20."""
        rows = await self._query(LATEST, backend.region, backend.shard)
        return [Order(*row) for row in rows]

    async def notice(self) -> str | None:
        """Return the operators' maintenance notice, if there is one."""
        rows = await self._query("SELECT notice FROM maintenance LIMIT 1")
        return rows[0][0] if rows else None

    async def ping(self) -> None:
        """Return if the database answers; raise sqlite3.Error if it does not."""
        await self._query("SELECT 1")

    async def _query(self, sql: str, *parameters: object) -> list[aiosqlite.Row]:
        try:
            async with self._connection() as connection:
                return list(await connection.execute_fetchall(sql, parameters))
        except BaseException as exc:
            exc.add_note(f"database query: {' '.join(sql.split())}")
            raise

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[aiosqlite.Connection, None]:
        with self._metrics.pool_wait_seconds.time():
            connection = await self._idle.get()
        try:
            in_use, seconds = self._metrics.pool_in_use, self._metrics.query_seconds
            with in_use.track_inprogress(), seconds.time():
                yield connection
        finally:
            self._idle.put_nowait(connection)
