# fails: test_past_the_limit_it_refuses_at_once test_places_come_back test_health_is_never_refused test_goodput_stays_up_under_overload
# feedback: what is counted
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
