"""A formula on small cases, a client that is asked, both halves live.

The client is asked through a pipe, one decision at a time where decisions hang
together; all that it is told and all that is counted is ours. The server stands between
two layers of ours: one tells what reaches it, the other what reaches the application.
"""

import asyncio
import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check, close
from autograder.instruments.functions import Call, Functions
from autograder.instruments.observe import (
    BACKENDS,
    READY_WITHIN_S,
    request_for,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.load import Load, Try, run
from course.outage.traffic.messages import http_request, malformed
from course.outage.traffic.retries import Retries
from course.outage.traffic.wire import Response, exchange

# As in the exercise and in the release "narrow".
TRIES, BASE_S, LONGEST_S, BUDGET, FREE = 3, 0.25, 0.4, 0.1, 10
LIMITS, CAPACITY = range(3, 7), 20.0
TIMEOUT_S = 0.5

CASES: list[tuple[str, float, list[int], float]] = [
    ("one layer of 3 tries, everything failing", 1, [3], 3),
    ("five layers of 3 tries, everything failing", 1, [3, 3, 3, 3, 3], 243),
    ("one layer of 3 tries, a tenth failing", 0.1, [3], 1.11),
    ("two layers of 2 tries, half failing", 0.5, [2, 2], 1.875),
    ("layers of 2 and 4 tries, half failing", 0.5, [2, 4], 1.9921875),
    ("four tries, nothing failing", 0, [4], 1),
    ("no retries anywhere, everything failing", 1, [1, 1], 1),
]


@check("The factor of a load is computed, for one layer and for several", points=1.5)
def test_the_factor_is_computed(functions: Functions) -> None:
    calls = functions.calls("load_factor", [[p, tries] for _, p, tries, _ in CASES])
    for (what, p, tries, expected), call in zip(CASES, calls, strict=True):
        if not close(call.value, expected):
            raise Unmet(
                sent=f"load_factor({p}, {tries}): {what}.",
                saw=f"{call}.",
                expected=f"{expected}.",
                look=""
                if call.ended != "returned"
                else "when the bottom gets another try, and how many it gets at most."
                if p not in {0, 1}
                else "how the tries of layers combine.",
            )


# The class is made, and its methods called, in the process of the learner's code.
THROUGH = """
import random

made = []


def waits(RetryPolicy, seed, tries, *answer):
    policy = RetryPolicy(random.Random(seed))
    policy.request()
    return [policy.wait(number, *answer) for number in tries]


def through(RetryPolicy, method, *arguments):
    if method == "new":
        made[:] = [RetryPolicy(random.Random(*arguments))]
        return None
    if method == "each":
        return [waits(RetryPolicy, *one) for one in arguments]
    return getattr(made[0], method)(*arguments)
"""

TALKED_WITHIN_S = 20.0
LONGEST_WAIT_S = 3600.0  # no client waits as long


class Client:
    """The learner's policy; raises Unmet when it answers with anything else."""

    def __init__(self, ask: Callable[..., Call]) -> None:
        self._ask = ask

    def new(self, seed: int) -> None:
        """Begin anew, with a policy that has seen no request."""
        self._said("RetryPolicy(rng)", self._ask("new", seed))

    def request(self) -> None:
        self._said("request()", self._ask("request"))

    def wait(
        self, tries: int, status: int | None, retry_after_s: float | None
    ) -> float | None:
        sent = f"wait({tries}, {status}, {retry_after_s})"
        call = self._ask("wait", tries, status, retry_after_s)
        return self._seconds(sent, self._said(sent, call))

    def draws(
        self, seeds: int, tries: int, status: int | None, retry_after_s: float | None
    ) -> list[float | None]:
        """Return the waits of so many new policies, each asked once."""
        sent = f"wait({tries}, {status}, {retry_after_s})"
        asked = [(seed, [tries], status, retry_after_s) for seed in range(seeds)]
        waits = self._said(sent, self._ask("each", *asked))
        return [self._seconds(sent, wait_s) for [wait_s] in waits]

    def tried(self, statuses: Sequence[int | None]) -> list[int]:
        """Return how many tries a new policy makes of a request that gets each of them.

        One more than there may be is asked for.
        """
        asked = [(1, range(1, TRIES + 2), status, None) for status in statuses]
        sent = "wait(1, …) and so on, to a new policy for each status"
        each = self._said(
            sent, self._ask("each", *((s, [*r], *a) for s, r, *a in asked))
        )
        made = []
        for (_, _, status, _), waits in zip(asked, each, strict=True):
            sent = f"wait(…, {status}, None)"
            given = [self._seconds(sent, wait_s) for wait_s in waits]
            over = next((n for n, wait in enumerate(given) if wait is None), len(given))
            made.append(1 + over)
        return made

    def _seconds(self, sent: str, wait_s: Any) -> float | None:
        if wait_s is None:
            return None
        number = isinstance(wait_s, int | float) and not isinstance(wait_s, bool)
        if not (number and 0 <= wait_s < LONGEST_WAIT_S):
            raise Unmet(
                sent=f"{sent}.",
                saw=f"it returned {repr(wait_s)[:40]}.",
                expected="seconds, or None.",
            )
        return float(wait_s)

    def _said(self, sent: str, call: Call) -> Any:
        if call.ended != "returned":
            raise Unmet(sent=f"{sent}.", saw=f"{call}.", expected="an answer.")
        return call.value


@contextmanager
def talking(functions: Functions) -> Iterator[Client]:
    """Start the learner's policy; it has 20 seconds for all its answers."""
    with functions.conversation("RetryPolicy", TALKED_WITHIN_S, THROUGH) as ask:
        yield Client(ask)


@pytest.fixture
def client(functions: Functions) -> Iterator[Client]:
    with talking(functions) as started:
        yield started


AGAIN: tuple[int | None, ...] = (None, 429, *range(500, 600))
NEVER = tuple(status for status in range(400, 500) if status != 429)


@check("Three tries at most, and none where another try changes nothing", points=1.5)
def test_what_is_tried_again(client: Client, seeded: random.Random) -> None:
    statuses = seeded.sample([*AGAIN, *NEVER], len(AGAIN) + len(NEVER))
    for status, made in zip(statuses, client.tried(statuses), strict=True):
        got = "no answer" if status is None else str(status)
        if status in NEVER and made > 1:
            raise Unmet(
                sent=f"a request that gets {got}.",
                saw=f"{made} tries.",
                expected="one: the next one would be the same again.",
                look="what a 4xx says, and which single one may be tried again.",
            )
        if status in AGAIN and made != TRIES:
            raise Unmet(
                sent=f"a request that gets {got}, every time.",
                saw=f"{made} tries.",
                expected=f"{TRIES}.",
                look="which failures may pass, what the first try counts as, and how"
                " much is free at the start.",
            )


DRAWS = 1500
# A uniform distribution is as far from its own draws once in 10^9 times: the greatest
# distance of two distribution functions, as Kolmogorov and Smirnov measure it.
DISTANCE = 0.0845


def distance(shares: Sequence[float]) -> float:
    """Return how far the distribution of `shares` is from uniform between 0 and 1."""
    n = len(shares)
    return max(
        max((i + 1) / n - share, share - i / n)
        for i, share in enumerate(sorted(shares))
    )


@check("Waits are spread over the whole backoff, and heed Retry-After", points=1)
def test_waits_are_spread(client: Client) -> None:
    for tries, longest, status, after in (
        (1, BASE_S, 503, None),
        (2, LONGEST_S, 503, None),
        (1, BASE_S, 429, 1.0),
        (2, LONGEST_S, 503, 7.0),
        (1, BASE_S, 503, 90.0),
    ):
        drawn = client.draws(DRAWS, tries, status, after)
        waits = sorted(wait for wait in drawn if wait is not None)
        if not waits and (tries, status) != (1, 503):
            continue  # whether it is tried again is another check's to tell
        low = after or 0.0
        shares = [(wait - low) / longest for wait in waits]
        good = (
            len(waits) == DRAWS
            and shares[0] >= -1e-9
            and shares[-1] <= 1 + 1e-9
            and distance(shares) < DISTANCE
        )
        if not good:
            told = (
                f" from {waits[0]:.3f} to {waits[-1]:.3f} s, half of them below"
                f" {waits[len(waits) // 2]:.3f} s"
                if waits
                else ""
            )
            raise Unmet(
                sent=f"wait({tries}, {status}, {after}), to {DRAWS} new policies.",
                saw=f"{len(waits)} waits{told}.",
                expected=f"{DRAWS}, uniform from {low:g} to {low + longest:g} s.",
                look="what Retry-After is added to."
                if after
                else "full jitter, which makes each wait between 0 and the backoff as"
                " likely as any other; and the backoff, which doubles, up to"
                " LONGEST_S.",
            )
    if client.draws(20, 1, 503, None) != client.draws(20, 1, 503, None):
        raise Unmet(
            sent="wait(1, 503, None), to 20 new policies, and to 20 more whose `rng`"
            " holds the same numbers.",
            saw="other waits the second time.",
            expected="the same.",
            look="where your random numbers come from.",
        )


REQUESTS, CALM = 1000, 120
# Three tries of one request in so many: the budget is enough for their two retries.
ONE_IN = range(25, 31)


@check("Retries stay within their budget, and do not run dry", points=1.5)
def test_the_budget_holds(client: Client, seeded: random.Random) -> None:
    client.new(seeded.getrandbits(30))
    retries = 0
    for requests in range(1, REQUESTS + 1):
        client.request()
        retries += retried(client)
        if retries > BUDGET * requests + FREE:
            raise Unmet(
                sent=f"{requests:,} requests whose every try fails.",
                saw=f"{retries:,} retries.",
                expected=f"at most {BUDGET:.0%} of the requests, and {FREE} more that"
                " are free.",
                look="what a retry takes out of the budget, what puts it back, and how"
                " much is in it at the start.",
            )
    for _ in range(CALM):
        client.request()
    if not retried(client):
        raise Unmet(
            sent=f"{REQUESTS:,} requests that failed, {CALM} that did not, and one that"
            " fails.",
            saw="it was not tried again.",
            expected=f"a retry, since {CALM} requests had none.",
            look="what puts something back into the budget, and what takes something"
            " out when it is empty.",
        )
    for others_fail in (False, True):
        client.new(seeded.getrandbits(30))
        requests, given = 0, list[int]()
        while requests < REQUESTS:
            for n in range(seeded.choice(ONE_IN) - 1):
                client.request()
                requests += 1
                final = (1, 404) if n % 2 else (TRIES, 503)
                if others_fail and client.wait(*final, None) is not None:
                    return  # whether it is tried again is another check's to tell
            client.request()
            requests += 1
            given.append(retried(client))
        too_few = sum(retries < given[0] for retries in given)
        if too_few or not given[0]:
            others = (
                "gets a 404, or fails for the third time"
                if others_fail
                else "is served"
            )
            raise Unmet(
                sent=f"{requests:,} requests. One in {ONE_IN[0]} to {ONE_IN[-1]} fails"
                f" each time it is tried. Each of the others {others}.",
                saw=f"{given[0]} retries of the first one that fails"
                + (f", and fewer of {too_few} later ones." if too_few else "."),
                expected=f"{TRIES - 1} retries of each. The budget allows more.",
                look="what takes something out of the budget: only retries, or more"
                " than those."
                if others_fail
                else "what puts something back into the budget, how much of it is kept,"
                " and what takes something out.",
            )


def retried(client: Client) -> int:
    """Return how many retries there are of a request whose every try fails."""
    for tries in range(1, TRIES):
        if client.wait(tries, 503, None) is None:
            return tries - 1
    return TRIES - 1


BURST, BURST_AT_S = 30, 1.0
STEADY, LASTS_S = 10.0, 13.0
# A service has recovered when it serves four fifths of what was due in a span of time.
# The first span begins when the queue of the burst can be gone; each is so far back
# that every first try in it has ended.
LOOKED_AT_S, ENDED_AFTER_S, SERVED = 1.5, 1.0, 0.8
FIRST_LOOK_S = BURST_AT_S + 2.5 + LOOKED_AT_S + ENDED_AFTER_S


@check("Live: with these clients the service recovers from a burst", points=1)
def test_the_service_recovers_from_a_burst(
    functions: Functions, seeded: random.Random, start_ours: StartFleet
) -> None:
    load = Load(
        STEADY,
        seed=seeded.getrandbits(30),
        seconds=LASTS_S,
        retries=Retries(timeout_s=TIMEOUT_S),
    )
    fleet = start_ours(Release.named("narrow"))
    with talking(functions) as client:
        client.new(seeded.getrandbits(30))
        tries, recovered = live_until_recovered(load, fleet, client)
    served = served_before(LASTS_S, tries)
    sent = sum(t.due > BURST_AT_S for t in tries)
    requests = sum(t.due > BURST_AT_S and t.number == 1 for t in tries)
    if not recovered:
        raise Unmet(
            margin_s=0.35,
            sent=f"{STEADY:.0f} requests a second to a service that can do"
            f" {CAPACITY:.0f}, and once {BURST} more, all at the same time.",
            saw=f"ten seconds later {served:.0%} of your client's requests are served."
            f" It sends {sent / max(1, requests):.1f} tries for each.",
            expected="nearly all of them. The burst is long over.",
            look="what keeps the service busy now.",
        )


def served_before(now_s: float, tries: Sequence[Try]) -> float:
    """Return the share served of the requests due in the span that `now_s` looks at."""
    until = now_s - ENDED_AFTER_S
    due = [t for t in tries if until - LOOKED_AT_S <= t.due < until]
    return sum(t.outcome == "ok" for t in due) / max(1, sum(t.number == 1 for t in due))


def live_until_recovered(
    load: Load, fleet: Fleet, client: Client
) -> tuple[list[Try], bool]:
    """Run `load` on a real fleet, with a burst of somebody else's requests.

    Returns its tries, and whether the service has recovered; the load ends then. How
    soon a busy machine gets there is not judged.
    """
    tries: list[Try] = []
    recovered = False

    async def both() -> None:
        nonlocal recovered
        began = asyncio.get_running_loop().time()
        send = partial(exchange, fleet.address)

        def clock() -> float:
            return asyncio.get_running_loop().time() - began

        async def burst() -> None:
            await asyncio.sleep(BURST_AT_S)
            raws = [request_for(backend) for backend in BACKENDS][:BURST]
            each = [send(raws[n % len(raws)], TIMEOUT_S) for n in range(BURST)]
            await asyncio.gather(*each)

        def report(ended: Try) -> None:
            nonlocal recovered
            tries.append(ended)
            if clock() > FIRST_LOOK_S and served_before(clock(), tries) >= SERVED:
                recovered = True
                clients.cancel()

        clients = asyncio.create_task(run(load, send, clock, report, client))
        try:
            await asyncio.gather(clients, burst())
        except asyncio.CancelledError:
            if not recovered:
                raise

    try:
        fleet.run(both())
    except* Unmet as group:
        raise group.exceptions[0] from None
    return tries, recovered


# --- the server

AT_ONCE = 30
ANSWERED_WITHIN_S = 4.0
AT_ONCE_S = 0.2
HELD_S = 0.6
HEALTH = ("/healthz", "/readyz", "/metrics")
KINDS = ("held", "websocket", "lifespan", "cancelled", "broken")

# What a request is to meet says its X-Route header, which is drawn.
PLANTED = """
import asyncio
import json

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse

KINDS = {kinds!r}
now = dict.fromkeys(("orders", "probes", "others"), 0)
reached, most = dict(now), dict(now)


def kind_of(scope):
    return KINDS.get(dict(scope["headers"]).get(b"x-route", b"").decode("latin-1"), "")


class Outside:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"] == "/seen":
            seen = JSONResponse(dict(now=now, reached=reached, most=most))
            for name in now:
                reached[name], most[name] = 0, now[name]
            return await seen(scope, receive, send)
        clock = asyncio.get_running_loop().time
        began = clock()

        async def timed(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Took"] = str(clock() - began)
            await send(message)

        kind = kind_of(scope)
        if kind in ("websocket", "lifespan"):
            scope = dict(scope, type=kind)
        await self.app(scope, receive, timed)


class Inside:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if "headers" not in scope:
            return await self.app(scope, receive, send)
        name = "probes" if scope["path"] in {health!r} else "orders"
        if scope["type"] != "http":
            name = "others"
        reached[name] += 1
        now[name] += 1
        most[name] = max(most[name], now[name])
        try:
            match kind_of(scope):
                case "held" | "websocket" | "lifespan":
                    await asyncio.sleep({held_s})
                    scope = dict(scope, type="http")
                    await PlainTextResponse("held")(scope, receive, send)
                case "cancelled":
                    raise asyncio.CancelledError
                case "broken":
                    raise RuntimeError({text!r})
                case _:
                    await self.app(scope, receive, send)
        finally:
            now[name] -= 1
"""


def observed(release: Release, kinds: dict[str, str], rng: random.Random) -> Release:
    """Return `release` with a layer before its Shedder and one behind it."""
    text = f"{rng.getrandbits(64):x}"
    code = PLANTED.format(kinds=kinds, health=HEALTH, held_s=HELD_S, text=text)
    imports = "from .planted import Inside, Outside\n"
    old, new = "Shedder(app)", "Outside(Shedder(Inside(app)))"
    edited = release.replace("planted.py", code).edited("__main__.py", old, new)
    return edited.edited(
        "__main__.py", "import uvicorn\n", f"import uvicorn\n{imports}"
    )


@dataclass
class Full:
    """Holds the ends of 30 orders that came at the same time and took a while.

    `most` were in progress at the same time; `reached` reached the application.
    """

    told: list[Response]
    most: int
    reached: int

    def count(self, status: int) -> int:
        """Return how many were answered with `status`."""
        return sum(r.status == status for r in self.told)


@dataclass
class Server:
    """The answer, running between the two layers; the routes of each kind."""

    fleet: Fleet
    routes: dict[str, bytes]
    full: Full = field(default_factory=lambda: Full([], 0, 0))  # the first time
    told: bool = False  # that it serves nobody

    def request(self, kind: str, path: str = "/orders") -> bytes:
        """Return a request that meets `kind`."""
        return http_request(self.routes[kind], path=path)

    def seen(self) -> dict[str, dict[str, int]]:
        """Return what the two layers have counted since this was asked before."""
        response = self.fleet.send(http_request(None, path="/seen"), ANSWERED_WITHIN_S)
        try:
            seen: dict[str, dict[str, int]] = json.loads(response.body)
            return {key: seen[key] for key in ("now", "reached", "most")}
        except (ValueError, TypeError, KeyError) as exc:
            raise Unmet(
                sent="requests to your server, and a look at how it is.",
                saw=f"{response}.",
                expected="a process that goes on answering.",
            ) from exc

    def holds(self, count: int, within_s: float) -> bool:
        """Wait until `count` requests are in progress; return whether they were."""
        return self.fleet.telemetry.wait_for(
            lambda _: sum(self.seen()["now"].values()) == count, within_s
        )

    def fill(self) -> Full:
        """Send more orders at the same time than it may take on."""
        self.fleet.wait_ready(READY_WITHIN_S)
        self.holds(0, ANSWERED_WITHIN_S)
        self.seen()
        told = self.fleet.send_all([self.request("held")] * AT_ONCE, ANSWERED_WITHIN_S)
        seen = self.seen()
        return Full(told, seen["most"]["orders"], seen["reached"]["orders"])


@pytest.fixture(scope="module")
def started(release: Release, start_fleet: StartFleet, seeded: random.Random) -> Server:
    backends = dict(zip(KINDS, seeded.sample(BACKENDS, len(KINDS)), strict=True))
    token = f"{seeded.getrandbits(48):x}"
    routes = {
        kind: json.dumps({"region": region, "shard": shard, "client": token})
        for kind, (region, shard) in backends.items()
    }
    kinds = {route: kind for kind, route in routes.items()}
    fleet = start_fleet(observed(release, kinds, seeded))
    return Server(fleet, {kind: route.encode() for kind, route in routes.items()})


@pytest.fixture(scope="module")
def served(started: Server) -> Response:
    response = started.fleet.send(request_for(BACKENDS[0]))
    if response.status == 200:
        started.full = started.fill()
    return response


@pytest.fixture
def server(started: Server, served: Response) -> Server:
    if served.status != 200:
        why = stopped(started.fleet)
        again, started.told = started.told, True
        raise Unmet(
            sent="the plainest of valid requests, and no other.",
            saw="no 200, as told above."
            if again
            else f"{served}{'; ' * bool(why)}{why}.",
            expected="200: a service that is not busy refuses nobody.",
        )
    return started


NOTHING_REFUSED = Unmet(
    sent="more requests at the same time than it can serve.",
    saw="none of them got a 503.",
    expected="a limit. What else your server does is checked after that.",
)


@check("Past the limit it answers 503 with Retry-After, at once", points=1.5)
def test_past_the_limit_it_refuses_at_once(server: Server) -> None:
    full = server.full
    served, refused = full.count(200), [r for r in full.told if r.status == 503]
    sent = f"{AT_ONCE} valid requests at the same time."
    limits = f"{LIMITS[0]} to {LIMITS[-1]}"
    if refused and full.reached > served:
        raise Unmet(
            sent=sent,
            saw=f"{full.reached} of them reached the application, and {served} were"
            " served.",
            expected="only those that are served.",
            look="what a refusal must not cost.",
        )
    if full.most not in LIMITS or not refused or served + len(refused) < AT_ONCE:
        raise Unmet(
            sent=sent,
            saw=f"{full.most} were in progress at the same time. {served} were served,"
            f" {len(refused)} got 503, {AT_ONCE - served - len(refused)} something else"
            " or nothing.",
            expected=f"{limits} in progress and served, and 503 for the others.",
            look="what is counted, and what it is compared with.",
        )
    if any(r.retry_after_s is None for r in refused):
        raise Unmet(
            sent=sent,
            saw="a 503 without a Retry-After header in whole seconds.",
            expected="each 503 to say when to come back.",
        )
    if served != full.most:
        raise Unmet(
            margin_s=0.35,
            sent=sent,
            saw=f"{full.most} were in progress at the same time, and {served} were"
            " served.",
            expected=f"only those that found a place when they came: {full.most}.",
            look="what a refusal waits for.",
        )
    slowest_s = max(took_s(r) for r in refused)
    if not slowest_s <= AT_ONCE_S:
        raise Unmet(
            margin_s=0.35,
            sent=sent,
            saw=f"a 503 that took {slowest_s:.2f} s.",
            expected="a refusal at once.",
            look="what a refusal waits for.",
        )


def took_s(response: Response) -> float:
    """Return how long the server took for `response`; infinity if it does not say."""
    try:
        return float((response.headers or {})["x-took"])
    except (ValueError, KeyError):
        return math.inf


@check("Health and metrics are never refused", points=0.5)
def test_health_is_never_refused(server: Server) -> None:
    full = server.full
    if not full.count(503):
        raise NOTHING_REFUSED
    held = [server.request("held")] * full.most
    others = [server.request(kind) for kind in ("websocket", "lifespan")]
    server.holds(0, ANSWERED_WITHIN_S)
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(server.fleet.send_all, held, ANSWERED_WITHIN_S)
        server.holds(full.most, HELD_S / 2)
        asked = [http_request(None, path=path) for path in HEALTH]
        told = server.fleet.send_all([*asked, *others], ANSWERED_WITHIN_S)
        before = sum(r.status == 200 for r in waiting.result())
    for path, response in zip(HEALTH, told, strict=False):
        if response.status != 200:
            raise Unmet(
                sent=f"GET {path}, while {full.most} orders held all the places.",
                saw=f"{response}.",
                expected="200, always.",
                look="what an orchestrator does with a replica that fails its checks,"
                " and where its traffic goes then.",
            )
    if any(r.status != 200 for r in told[len(HEALTH) :]):
        raise Unmet(
            sent=f"connections whose scope is not an HTTP request, while {full.most}"
            " orders held all the places.",
            saw="some of them did not reach the application as they were.",
            expected="all of them to pass through untouched.",
            look='`scope["type"]`, and what you do with each of its values.',
        )
    slow = [server.request("held", path) for path in HEALTH] * 4 + others * 4
    server.holds(0, ANSWERED_WITHIN_S)
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(server.fleet.send_all, slow, ANSWERED_WITHIN_S)
        server.holds(len(slow), HELD_S / 2)
        orders = server.fleet.send_all(held, ANSWERED_WITHIN_S)
        waiting.result()
    served = sum(r.status == 200 for r in orders)
    if served < before:
        raise Unmet(
            sent=f"{len(held)} orders, while 12 health checks were in progress, and 8"
            " connections whose scope is not an HTTP request.",
            saw=f"{served} of the orders were served.",
            expected=f"{before}, as before: neither of the others takes a place.",
            look="what you count.",
        )


OVERLOAD = 2 * CAPACITY
OVERLOADED_S = 4.0


@check("Live: under twice the load it can serve, goodput stays up", points=0.5)
def test_goodput_stays_up_under_overload(server: Server, seeded: random.Random) -> None:
    fleet = server.fleet
    fleet.wait_ready(READY_WITHIN_S)
    began = fleet.telemetry.now
    impatient = Retries(retries=0, timeout_s=TIMEOUT_S)
    fleet.start_traffic(Load(OVERLOAD, seed=seeded.getrandbits(30), retries=impatient))
    fleet.telemetry.wait_for(lambda t: t.now > began + OVERLOADED_S + 1, 10)
    fleet.stop_traffic()
    served = fleet.telemetry.success(began + 1, began + OVERLOADED_S, TIMEOUT_S) or 0.0
    goodput = served * OVERLOAD
    if goodput < 0.6 * CAPACITY:
        since = [t for t in fleet.telemetry.tries if t.due > began + 1]
        refused = sum(t.status == 503 for t in since) / max(1, len(since))
        raise Unmet(
            margin_s=0.35,
            sent=f"{OVERLOAD:.0f} requests a second, to clients who wait {TIMEOUT_S} s,"
            f" for {OVERLOADED_S:.0f} seconds.",
            saw=f"{goodput:.0f} a second were served in time; {refused:.0%} of all got"
            " a 503.",
            expected=f"nearly {CAPACITY:.0f}, which is what the replica can do.",
            look="who holds the places."
            if refused > 0.9
            else "how long a request has waited by the time it is its turn.",
        )


@check("A place is given back on every path", points=1)
def test_places_come_back(server: Server, seeded: random.Random) -> None:
    before = server.full
    if not before.count(503):
        raise NOTHING_REFUSED
    for _ in range(LIMITS[-1]):
        server.fleet.send(malformed(seeded)[1])
        server.fleet.send(http_request(b"{}", path="/nowhere"))
        server.fleet.send(server.request("broken"))
        server.fleet.send(server.request("cancelled"))
    # Clients that go away before they have an answer, and more than find a place.
    server.fleet.send_all([server.request("held")] * AT_ONCE, 0.02)
    after = server.fill()
    if after.most != before.most or after.count(200) < min(
        before.count(200), after.most
    ):
        raise Unmet(
            sent="requests that raise, that find nothing, that are cancelled, that are"
            " refused, or whose clients go away. Then, when all was over,"
            f" {AT_ONCE} valid ones at the same time.",
            saw=f"{after.most} were in progress at the same time. Before all that it"
            f" was {before.most}.",
            expected="as many as the first time.",
            look="the ways out of a request that do not give its place back, or give it"
            " back twice.",
        )
