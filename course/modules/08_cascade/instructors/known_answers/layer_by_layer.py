# %% shedding
"""Admission control."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OPEN = ("/healthz", "/readyz", "/metrics")


class Shedder:
    """Takes on six requests at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.taken: set[object] = set()

    @contextmanager
    def place(self) -> Iterator[None]:
        token = object()
        self.taken.add(token)
        try:
            yield
        finally:
            self.taken.discard(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse."""
        if scope["type"] == "http" and scope["path"] not in OPEN:
            if len(self.taken) == 6:
                problem = JSONResponse(
                    {"title": "busy", "status": 503}, 503, {"Retry-After": "1"}
                )
                await problem(scope, receive, send)
                return
            with self.place():
                await self.app(scope, receive, send)
            return
        await self.app(scope, receive, send)


# %% load_factor
def load_factor(failing, tries_by_layer):
    """From the bottom: each layer sees the one below fail if all its tries have."""
    factor, share = 1.0, failing
    for tries in reversed(tries_by_layer):
        factor *= sum(share**n for n in range(tries))
        share **= tries
    return factor


# %% retry_policy
from collections import deque


class RetryPolicy:
    """At most ten retries in any hundred requests."""

    def __init__(self, rng):
        self.rng = rng
        self.number = 0
        self.retried = deque(maxlen=10)

    def request(self):
        self.number += 1

    def wait(self, tries, status, retry_after_s):
        match status:
            case None | 429:
                pass
            case code if 500 <= code < 600:
                pass
            case _:
                return None
        full = len(self.retried) == 10 and self.number - self.retried[0] < 100
        if tries > 2 or full:
            return None
        self.retried.append(self.number)
        longest = [0.25, 0.4][tries - 1]
        return self.rng.uniform(0, longest) + (retry_after_s or 0.0)
