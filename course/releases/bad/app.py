"""The HTTP edge: which request does what, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from .dispatch import Lookup
from .routing import ROUTE_HEADER, Backend
from .store import Order, OrderStore
from .telemetry import Metrics


class OrderIn(BaseModel):
    """What a client sends to place an order."""

    item: str = Field(min_length=1, max_length=100)
    quantity: int = Field(ge=1, le=1000)


class OrderOut(OrderIn):
    """An order, and the backend it lives on."""

    id: str
    region: str
    shard: int

    @classmethod
    def of(cls, order: Order, backend: Backend) -> "OrderOut":
        """`order` as clients see it."""
        return cls(
            id=order.id, item=order.item, quantity=order.quantity,
            region=backend.region, shard=backend.shard,
        )  # fmt: skip


async def backend_of(request: Request) -> Backend:
    """The backend that the request's X-Route header names."""
    header = dict(request.headers.raw).get(ROUTE_HEADER, b"")
    reply = asyncio.get_running_loop().create_future()
    await request.app.state.lookups.put(Lookup(header, reply))
    return await reply


def store_of(request: Request) -> OrderStore:
    """The store that the application opened when it started."""
    store: OrderStore = request.app.state.store
    return store


RouteTo = Annotated[Backend, Depends(backend_of)]
Store = Annotated[OrderStore, Depends(store_of)]


def create_app(database: Path, metrics: Metrics) -> FastAPI:
    """The orders API over `database`, counting in `metrics`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        async with OrderStore.open(database, metrics) as store:
            app.state.store = store
            yield

    app = FastAPI(title="Orders", lifespan=lifespan)
    app.state.lookups = asyncio.Queue()

    @app.put("/orders/{order_id}")
    async def put_order(
        order_id: str, order: OrderIn, backend: RouteTo, store: Store
    ) -> OrderOut:
        placed = Order(order_id, order.item, order.quantity)
        await store.put(backend, placed)
        return OrderOut.of(placed, backend)

    @app.get("/orders/{order_id}")
    async def get_order(order_id: str, backend: RouteTo, store: Store) -> OrderOut:
        order = await store.get(backend, order_id)
        if order is None:
            raise HTTPException(404, "no such order on this backend")
        return OrderOut.of(order, backend)

    @app.get("/orders")
    async def latest_orders(backend: RouteTo, store: Store) -> list[OrderOut]:
        return [OrderOut.of(order, backend) for order in await store.latest(backend)]

    @app.get("/healthz")
    async def healthz() -> str:
        return "alive"

    @app.get("/readyz")
    async def readyz(store: Store) -> str:
        await store.ping()
        return "ready"

    @app.get("/metrics")
    async def prometheus() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app
