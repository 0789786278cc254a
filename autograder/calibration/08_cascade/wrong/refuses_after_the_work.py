# fails: test_past_the_limit_it_refuses_at_once test_goodput_stays_up_under_overload
# feedback: reached the directory
# %% shedding
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Shedder:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in {
            "/healthz",
            "/readyz",
            "/metrics",
        }:
            return await self.app(scope, receive, send)
        refused = self._in_progress >= 6
        self._in_progress += not refused
        try:
            if not refused:
                return await self.app(scope, receive, send)

            async def nowhere(message: Message) -> None:
                pass

            await self.app(scope, receive, nowhere)
            response = Response(status_code=503, headers={"Retry-After": "1"})
            await response(scope, receive, send)
        finally:
            self._in_progress -= not refused
