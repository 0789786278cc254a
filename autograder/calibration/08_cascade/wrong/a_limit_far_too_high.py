# fails: test_past_the_limit_it_refuses_at_once test_places_come_back test_health_is_never_refused test_goodput_stays_up_under_overload
# feedback: what it is compared with
# %% shedding
"""How many requests the service takes on at the same time."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Two are served, four wait: a request is answered in a third of a second, or refused.
LIMIT = 600
RETRY_AFTER_S = 1

# Whoever asks these wants to know how the process is, above all when it is busy.
NEVER_REFUSED = {"/healthz", "/readyz", "/metrics"}


class Shedder:
    """Stands before the application `app`; refuses what it could not serve in time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of `app`, or answer 503."""
        if scope["type"] != "http" or scope["path"] in NEVER_REFUSED:
            return await self.app(scope, receive, send)
        if self._in_progress >= LIMIT:
            refusal = PlainTextResponse(
                "busy: try again later",
                status_code=503,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
            return await refusal(scope, receive, send)
        self._in_progress += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._in_progress -= 1
