"""The HTTP edge: which request does what, and nothing else."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from .routing import ROUTE_HEADER, Backend, resolve
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


def as_seen(order: Order, backend: Backend) -> OrderOut:
    """Return `order` as clients see it."""
    return OrderOut(**asdict(order), **asdict(backend))


async def store_of(request: Request) -> OrderStore:
    """Return the store that the application opened when it started."""
    store: OrderStore = request.app.state.store
    return store


Store = Annotated[OrderStore, Depends(store_of)]


async def refuse_in_maintenance(store: Store) -> None:
    """Answer 503 while an operator's maintenance notice stands in the database."""
    notice = await store.notice()
    if notice is not None:
        raise HTTPException(503, notice, headers={"Retry-After": "60"})


async def backend_of(request: Request) -> Backend:
    """Return the backend that the request's X-Route header names."""
    return resolve(dict(request.headers.raw).get(ROUTE_HEADER, b""))


RouteTo = Annotated[Backend, Depends(backend_of)]
orders = APIRouter(prefix="/orders", dependencies=[Depends(refuse_in_maintenance)])


@orders.put("/{order_id}")
async def put_order(
    order_id: str, order: OrderIn, backend: RouteTo, store: Store
) -> OrderOut:
    """Place an order under an id of the client's choice."""
    placed = Order(order_id, order.item, order.quantity)
    await store.put(backend, placed)
    return as_seen(placed, backend)


@orders.get("/{order_id}")
async def get_order(order_id: str, backend: RouteTo, store: Store) -> OrderOut:
    """Return one order of a backend."""
    order = await store.get(backend, order_id)
    if order is None:
        raise HTTPException(404, "no such order on this backend")
    return as_seen(order, backend)


@orders.get("")
async def latest_orders(backend: RouteTo, store: Store) -> list[OrderOut]:
    """Return the newest orders of a backend."""
    return [as_seen(order, backend) for order in await store.latest(backend)]


def create_app(database: Path, metrics: Metrics) -> FastAPI:
    """Return the orders API over `database`, counting in `metrics`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        async with OrderStore.open(database, metrics) as store:
            app.state.store = store
            yield

    app = FastAPI(title="Orders", lifespan=lifespan)
    app.include_router(orders)

    @app.get("/healthz")
    async def healthz() -> str:
        return "alive"

    @app.get("/readyz")
    async def readyz(store: Store) -> str:
        await store.ping()
        return "ready"

    @app.get("/metrics")
    async def prometheus() -> Response:
        return Response(
            generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST
        )

    return app
