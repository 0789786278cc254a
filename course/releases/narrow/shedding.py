"""How many requests the service takes on at the same time."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Shedder:
    """Stands before the application `app`; takes on whatever comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of `app`."""
        await self.app(scope, receive, send)
