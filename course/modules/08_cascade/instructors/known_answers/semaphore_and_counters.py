# %% shedding
"""Admission control."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

LIMIT = 6


class Shedder:
    """Takes on six requests at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._places = asyncio.Semaphore(LIMIT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse."""
        if scope["type"] != "http" or not scope["path"].startswith("/orders"):
            await self.app(scope, receive, send)
        elif self._places.locked():
            headers = [(b"retry-after", b"2"), (b"content-length", b"0")]
            start = {"type": "http.response.start", "status": 503, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": b""})
        else:
            async with self._places:
                await self.app(scope, receive, send)


# %% load_factor
def load_factor(failing, tries_by_layer):
    most = 1
    for tries in tries_by_layer:
        most *= tries
    total, reached = 0.0, 1.0
    for _ in range(most):
        total += reached
        reached *= failing
    return total


# %% retry_policy
class RetryPolicy:
    def __init__(self, rng):
        self.rng = rng
        self.requests = self.retries = 0

    def request(self):
        self.requests += 1

    def wait(self, tries, status, retry_after_s):
        if tries >= 3:
            return None
        if status is not None and status != 429 and status < 500:
            return None
        if self.retries >= 4 + self.requests / 10:
            return None
        self.retries += 1
        wait = self.rng.random() * min(0.4, 0.25 * 2**tries / 2)
        return wait if retry_after_s is None else retry_after_s + wait
