# %% shedding
import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send


class Shedder:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._places = asyncio.Semaphore(6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in {
            "/healthz",
            "/readyz",
            "/metrics",
        }:
            return await self.app(scope, receive, send)
        async with self._places:
            await self.app(scope, receive, send)
