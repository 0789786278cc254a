# %% load_factor
from itertools import accumulate, repeat
from math import prod
from operator import mul


def load_factor(failing, tries_by_layer):
    """Each term is the chance of one more try."""
    chances = accumulate(repeat(failing, prod(tries_by_layer) - 1), mul, initial=1.0)
    return sum(chance for chance in chances if chance > 1e-18)


# %% retry_policy
COST, FULL = 10, 100  # a retry costs ten coins, and a request brings one


class RetryPolicy:
    def __init__(self, rng):
        self.rng = rng
        self.coins = FULL

    def request(self):
        self.coins = min(FULL, self.coins + 1)

    def wait(self, tries, status, retry_after_s):
        final = status is not None and status != 429 and status // 100 != 5
        if final or tries > 2 or self.coins < COST:
            return None
        self.coins -= COST
        wait_s = self.rng.random() * (0.25 if tries == 1 else 0.4)
        if retry_after_s is not None:
            wait_s += retry_after_s
        return wait_s


# %% shedding
import asyncio

from starlette.responses import JSONResponse

LIMIT = 4


class Shedder:
    def __init__(self, app) -> None:
        self.app = app
        self.places = asyncio.BoundedSemaphore(LIMIT)

    async def __call__(self, scope, receive, send) -> None:
        path = scope.get("path") if scope["type"] == "http" else None
        if path in (None, "/healthz", "/readyz", "/metrics"):
            await self.app(scope, receive, send)
        elif self.places.locked():
            busy = JSONResponse({"detail": "busy"}, 503, {"retry-after": "1"})
            await busy(scope, receive, send)
        else:
            async with self.places:
                await self.app(scope, receive, send)
