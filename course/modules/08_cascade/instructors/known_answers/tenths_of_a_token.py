# %% shedding
"""How many requests the service takes on at the same time."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Two are served, four wait: a request is answered in a third of a second, or refused.
LIMIT = 6
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
        if self._in_progress > LIMIT - 1:
            refusal = PlainTextResponse("slow down", 503, {"retry-after": "3"})
            return await refusal(scope, receive, send)
        self._in_progress += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._in_progress -= 1


# %% load_factor
def load_factor(failing, tries_by_layer):
    if not tries_by_layer:
        return 1
    first, *rest = tries_by_layer
    inner = load_factor(failing, rest)
    n = 1
    for tries in rest:
        n *= tries
    fails = failing**n
    return inner * sum(fails**k for k in range(first))


# %% retry_policy
class RetryPolicy:
    """Counts in tenths of a retry."""

    def __init__(self, rng):
        self.rng, self.tenths = rng, 80

    def request(self):
        if self.tenths < 80:
            self.tenths += 1

    def wait(self, tries, status, retry_after_s):
        if status not in {None, 429, *range(500, 600)}:
            return None
        if tries in (1, 2) and self.tenths >= 10:
            self.tenths -= 10
            backoff = self.rng.uniform(0, min(0.25 * 2 ** (tries - 1), 0.4))
            return backoff + (0 if retry_after_s is None else retry_after_s)
        return None
