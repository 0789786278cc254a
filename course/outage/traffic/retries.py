"""Retry policies: one decides when a client tries again, for all its requests."""

import random
from dataclasses import dataclass
from typing import Protocol


class Policy(Protocol):
    """Decides on each retry; it keeps no clock, and its caller passes all it needs."""

    def request(self) -> None:
        """Take note that a request is about to be sent for the first time."""

    def wait(
        self, tries: int, status: int | None, retry_after_s: float | None
    ) -> float | None:
        """Return the seconds to wait before the next try; None gives the request up.

        This request has been tried `tries` times. The last try brought `status`, or
        None if there was no answer; its Retry-After header asks for `retry_after_s`.
        """


@dataclass(frozen=True)
class Retries:
    """The rules of a client that tries again `retries` times for a usable answer.

    Each try waits `timeout_s` at most. The delay after the first try is `delay_s`, and
    after each later one `factor` times the delay before, `longest_s` at most; with
    `jitter` it is drawn between 0 and that ("full jitter"). A client that
    `heeds_retry_after` adds the seconds that the server asks for. `budget` is how many
    retries there may be for each request, all requests taken together; BURST more are
    granted at the start. After an error of its own (4xx) a client does not try again.
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
        """Return a policy by these rules, with its budget untouched."""
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
    """The policy of a client by `rules`."""

    def __init__(self, rules: Retries, rng: random.Random) -> None:
        self._rules = rules
        self._rng = rng
        self._budget_left = BURST

    def request(self) -> None:
        self._budget_left = min(BURST, self._budget_left + (self._rules.budget or 0.0))

    def wait(
        self, tries: int, status: int | None, retry_after_s: float | None
    ) -> float | None:
        rules = self._rules
        fault_of_the_client = status is not None and 400 <= status < 500
        if fault_of_the_client or tries > rules.retries:
            return None
        if rules.budget is not None:
            if self._budget_left < 1:
                return None
            self._budget_left -= 1
        delay = min(rules.longest_s, rules.delay_s * rules.factor ** (tries - 1))
        if rules.jitter:
            delay = self._rng.uniform(0, delay)
        if rules.heeds_retry_after:
            delay += retry_after_s or 0.0
        return delay
