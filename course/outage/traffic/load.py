"""Seeded, open-loop traffic: clients that do not wait for each other.

An open loop sends each request when it is due, however slow the service has become, and
measures its latency from that moment, so an outage cannot hide in the gaps between
requests (coordinated omission: Gil Tene, "How NOT to Measure Latency", 2015).
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from . import messages
from .retries import Policy, Retries
from .wire import Outcome, Response

# Sends one request, with its time-out in seconds.
Send = Callable[[bytes, float], Awaitable[Response]]


@dataclass(frozen=True)
class Load:
    """`rate` requests a second, of which the share `malformed` is malformed.

    Arrivals are a Poisson process, seeded by `seed`. The load ends after `seconds`, or
    if that is None, when it is stopped. Each request draws a lot between 0 and 1, and
    is left out if the lot is outside of `lots`: two fleets whose `lots` make a whole
    share one load, and each request with all its tries goes to one of them.
    """

    rate: float = 60.0
    malformed: float = 0.0
    seed: int = 0
    seconds: float | None = None
    retries: Retries = field(default_factory=Retries)
    lots: tuple[float, float] = (0.0, 1.0)

    def to_json(self) -> dict[str, Any]:
        """Return the load as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Load":
        """Return the load of which `to_json` has returned `data`."""
        retries, lots = Retries(**data["retries"]), tuple(data["lots"])
        return cls(**{**data, "retries": retries, "lots": lots})

    def plan(self) -> Iterator[tuple[float, str | None, bytes]]:
        """Yield each request: when it is due (s), its kind if malformed, and its bytes.

        Times count from the start of the load. The same seed gives the same requests at
        the same times. With a malformed share of 1% every hundredth request is
        malformed, as from one client that keeps sending; the seed decides on the first.
        """
        rng = random.Random(self.seed)
        lots = random.Random(f"{self.seed} lots")
        since, until = self.lots
        every = round(1 / self.malformed) if self.malformed else 0
        first = rng.randrange(every) if every else 0
        due = 0.0
        for number in itertools.count():
            due += rng.expovariate(self.rate)
            if self.seconds is not None and due > self.seconds:
                return
            if every and number % every == first:
                kind, raw = messages.malformed(rng)
            else:
                kind, raw = None, messages.well_formed(rng)
            if since <= lots.random() < until:
                yield due, kind, raw


@dataclass(frozen=True)
class Try:
    """One try of one request, and its outcome for the client.

    `due` is when the request was due and `done` when this try had its answer or was
    given up, both in seconds since the fleet started. After the `last` try no other
    follows. `number` counts the tries of the request from 1.
    `raw` is the request as it was sent, each byte one character (Latin-1).
    """

    due: float
    done: float
    outcome: Outcome
    status: int | None
    number: int
    last: bool
    malformed: str | None
    raw: str

    @property
    def latency_s(self) -> float:
        """Return the seconds the client had waited by then, earlier tries included."""
        return self.done - self.due


async def run(
    load: Load,
    send: Send,
    clock: Callable[[], float],
    report: Callable[[Try], None],
    policy: Policy | None = None,
) -> None:
    """Send `load` by `send`, and `report` each try when it has ended.

    `policy` decides on retries instead of the load's own. On cancellation, requests
    under way are given up without a report.
    """
    start = clock()
    policy = policy or load.retries.policy(load.seed)
    async with asyncio.TaskGroup() as clients:
        for due, kind, raw in load.plan():
            await asyncio.sleep(max(0.0, start + due - clock()))
            policy.request()
            request = OneRequest(policy, load.retries.timeout_s, start + due, kind, raw)
            clients.create_task(request.until_answered(send, clock, report))


@dataclass(frozen=True)
class OneRequest:
    """One request, due at second `due`, that is tried again when `policy` says so."""

    policy: Policy
    timeout_s: float
    due: float
    malformed: str | None
    raw: bytes

    async def until_answered(
        self, send: Send, clock: Callable[[], float], report: Callable[[Try], None]
    ) -> None:
        """Send the request until it is answered or given up; `report` each try."""
        for number in itertools.count(1):
            response = await send(self.raw, self.timeout_s)
            wait_s = None
            if response.outcome != "ok":
                after = response.retry_after_s
                wait_s = self.policy.wait(number, response.status, after)
            report(
                Try(
                    self.due,
                    clock(),
                    response.outcome,
                    response.status,
                    number,
                    wait_s is None,
                    self.malformed,
                    self.raw.decode("latin-1"),
                )
            )
            if wait_s is None:
                return
            await asyncio.sleep(wait_s)
