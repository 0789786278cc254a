"""When a client tries again: one policy serves all the requests of a client."""

import random
from dataclasses import dataclass
from typing import Protocol


class Policy(Protocol):
    """Asked before each retry. Keeps no clock: it is told all that it needs."""

    def request(self) -> None:
        """A request is about to be sent for the first time."""

    def wait(
        self, tries: int, status: int | None, retry_after_s: float | None
    ) -> float | None:
        """How many seconds to wait before the next try; None gives the request up.

        `tries` of this request have been made. The last one brought `status`, or None
        if there was no answer; `retry_after_s` is what its Retry-After header asks for.
        """


@dataclass(frozen=True)
class Retries:
    """What a client does when it got no usable answer: try again, `retries` times.

    Each try waits `timeout_s` at most. `delay_s` lies between the first two tries, and
    `factor` times as long between any two later ones, `longest_s` at most; with
    `jitter` it is drawn between nothing and that ("full jitter"). `budget` is how many
    retries there may be for each request, all requests taken together; BURST more are
    granted at the start. A client that was told it is wrong (4xx) does not try again.
    """

    retries: int = 2
    delay_s: float = 0.1
    timeout_s: float = 1.0
    factor: float = 1.0
    longest_s: float = 5.0
    jitter: bool = False
    budget: float | None = None
    heeds_retry_after: bool = False

    def policy(self, seed: int = 0) -> Policy:
        """A client's policy, with its budget untouched."""
        return _Policy(self, random.Random(seed))


BURST = 5.0

# A client that insists, as in many a first version: at once, again and again.
NAIVE = Retries(retries=9, delay_s=0.0, timeout_s=0.5)
DISCIPLINED = Retries(
    retries=2,
    delay_s=0.2,
    timeout_s=0.5,
    factor=2.0,
    jitter=True,
    budget=0.1,
    heeds_retry_after=True,
)


class _Policy:
    """The policy that `told` describes."""

    def __init__(self, told: Retries, rng: random.Random) -> None:
        self._told = told
        self._rng = rng
        self._left = BURST

    def request(self) -> None:
        self._left = min(BURST, self._left + (self._told.budget or 0.0))

    def wait(
        self, tries: int, status: int | None, retry_after_s: float | None
    ) -> float | None:
        told = self._told
        fault_of_ours = status is not None and 400 <= status < 500
        if fault_of_ours or tries > told.retries:
            return None
        if told.budget is not None:
            if self._left < 1:
                return None
            self._left -= 1
        delay = min(told.longest_s, told.delay_s * told.factor ** (tries - 1))
        if told.jitter:
            delay = self._rng.uniform(0, delay)
        if told.heeds_retry_after:
            delay += retry_after_s or 0.0
        return delay
