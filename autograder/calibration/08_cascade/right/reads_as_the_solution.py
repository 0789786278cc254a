"""The same, with names and order of its own."""

# %% load_factor
import math


def load_factor(failing, tries_by_layer):
    """Tries that reach the bottom for each request at the top, on average."""
    n = math.prod(tries_by_layer)
    if failing == 1:
        return n
    # A further try is made only if all before it have failed.
    return (1 - failing**n) / (1 - failing)


# %% retry_policy
TRIES = 3
BASE_S = 0.25
LONGEST_S = 0.4
BUDGET = 0.1


class RetryPolicy:
    """When a client tries again; one policy for all of its requests."""

    def __init__(self, rng):
        """`rng` is a random.Random: draw from it, and from nothing else."""
        self._rng = rng
        self._most = 3.0
        self._tokens = self._most

    def request(self):
        """A request is about to be sent for the first time."""
        # No more than that is ever saved up: after a calm hour an outage would else
        # begin with hundreds of retries.
        self._tokens = min(self._most, self._tokens + BUDGET)

    def wait(self, tries, status, retry_after_s):
        """Seconds until the next try, or None; `tries` have been made so far."""
        passing = status is None or status == 429 or 500 <= status <= 599
        if not passing or tries >= TRIES or self._tokens < 1:
            return None
        self._tokens -= 1
        backoff = min(LONGEST_S, BASE_S * 2 ** (tries - 1))
        return self._rng.uniform(0, backoff) + (retry_after_s or 0)


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
        self.busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of `app`, or answer 503."""
        if scope["type"] != "http" or scope["path"] in NEVER_REFUSED:
            return await self.app(scope, receive, send)
        if self.busy >= LIMIT:
            refusal = PlainTextResponse(
                "busy: try again later",
                status_code=503,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
            return await refusal(scope, receive, send)
        self.busy += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.busy -= 1
