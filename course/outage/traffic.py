"""Seeded, open-loop traffic: clients that do not wait for each other.

An open loop sends each request when it is due, however slow the service has become, and
measures its latency from that moment, so an outage cannot hide in the gaps between
requests (coordinated omission: Gil Tene, "How NOT to Measure Latency", 2015).
"""

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from . import requests
from .http import Address, Outcome, exchange


@dataclass(frozen=True)
class Retries:
    """What a client does when it got no usable answer: try again, `retries` times.

    Each try waits `timeout_s` at most; `delay_s` lies between two tries. A client that
    was told it is wrong (4xx) does not try again.
    """

    retries: int = 2
    delay_s: float = 0.1
    timeout_s: float = 1.0


@dataclass(frozen=True)
class Load:
    """`rate` requests a second, of which the share `malformed` is malformed.

    Arrivals are a Poisson process, seeded by `seed`. Ends after `seconds`, or when
    it is stopped, if None.
    """

    rate: float = 60.0
    malformed: float = 0.0
    seed: int = 0
    seconds: float | None = None
    retries: Retries = field(default_factory=Retries)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Load":
        """The inverse of `to_json`."""
        return cls(**{**data, "retries": Retries(**data["retries"])})

    def plan(self) -> Iterator[tuple[float, str | None, bytes]]:
        """Each request: when it is due (s), its kind if it is malformed, its bytes.

        The same seed gives the same requests at the same times. With a malformed share
        of 1% every hundredth request is malformed, as from one client that keeps
        sending; which one is the first is up to the seed.
        """
        rng = random.Random(self.seed)
        every = round(1 / self.malformed) if self.malformed else 0
        first = rng.randrange(every) if every else 0
        due = 0.0
        for number in itertools.count():
            due += rng.expovariate(self.rate)
            if self.seconds is not None and due > self.seconds:
                return
            if every and number % every == first:
                yield due, *requests.malformed(rng)
            else:
                yield due, None, requests.well_formed(rng)


@dataclass(frozen=True)
class Try:
    """One try of one request, and what its client got.

    `due` is when the request was due and `done` when this try had its answer or was
    given up, both in seconds since the fleet started; `last`: no other try follows.
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
        """How long the client had been waiting by then, earlier tries included."""
        return self.done - self.due


async def run(
    load: Load,
    address: Address,
    clock: Callable[[], float],
    report: Callable[[Try], None],
) -> None:
    """Send `load` to `address`; `report` each try when it has ended.

    On cancellation the requests under way are given up without a report.
    """
    start = clock()
    async with asyncio.TaskGroup() as clients:
        for due, kind, raw in load.plan():
            await asyncio.sleep(max(0.0, start + due - clock()))
            client = _client(
                load.retries, address, raw, kind, start + due, clock, report
            )
            clients.create_task(client)


async def _client(
    policy: Retries,
    address: Address,
    raw: bytes,
    malformed: str | None,
    due: float,
    clock: Callable[[], float],
    report: Callable[[Try], None],
) -> None:
    for number in itertools.count(1):
        response = await exchange(address, raw, policy.timeout_s)
        answered = response.outcome in {"ok", "client_error"}
        last = answered or number > policy.retries
        report(
            Try(
                due, clock(), response.outcome, response.status, number, last,
                malformed, raw.decode("latin-1"),
            )
        )  # fmt: skip
        if last:
            return
        await asyncio.sleep(policy.delay_s)
