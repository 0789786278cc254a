"""A formula on small cases, a client on two clocks, a server under load.

The client is asked through a pipe, one decision at a time; all that it is told and all
that is counted is ours. On the clock that leaps, an outage of minutes takes a second.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check, close
from autograder.instruments.functions import Call, Functions
from autograder.instruments.observe import (
    BACKENDS,
    READY_WITHIN_S,
    metric,
    request_for,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.traffic.fakeclock import FakeClockLoop
from course.outage.traffic.load import Load, Send, Try, run
from course.outage.traffic.messages import http_request, malformed
from course.outage.traffic.retries import Retries
from course.outage.traffic.wire import Response, exchange

# As in the exercise and in the release "narrow".
TRIES, BASE_S, LONGEST_S, BUDGET, FREE = 3, 0.25, 0.4, 0.1, 10
LIMIT, CAPACITY = 6, 20.0
TIMEOUT_S = 0.5

CASES: list[tuple[str, float, list[int], float]] = [
    ("one layer of 3 tries, everything failing", 1, [3], 3),
    ("five layers of 3 tries, everything failing", 1, [3, 3, 3, 3, 3], 243),
    ("one layer of 3 tries, a tenth failing", 0.1, [3], 1.11),
    ("two layers of 2 tries, half failing", 0.5, [2, 2], 1.875),
    ("layers of 2 and 4 tries, half failing", 0.5, [2, 4], 1.9921875),
    ("four tries, nothing failing", 0, [4], 1),
    ("no retries anywhere, everything failing", 1, [1, 1], 1),
    ("no layer that retries", 0.5, [], 1),
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
                look="when the bottom gets a further try, and how many it gets at most."
                if p not in {0, 1}
                else "how the tries of layers combine.",
            )


# The class is made, and its methods called, in the process of the learner's code.
THROUGH = """
import random

made = []


def drawn(policy, asked):
    policy.request()
    return policy.wait(*asked)


def through(RetryPolicy, method, *arguments):
    if method == "new":
        made[:] = [RetryPolicy(random.Random(*arguments))]
        return None
    if method == "draws":
        seeds, *asked = arguments
        return [drawn(RetryPolicy(random.Random(n)), asked) for n in range(seeds)]
    return getattr(made[0], method)(*arguments)
"""

TALKED_WITHIN_S = 20.0


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
        call = self._ask("draws", seeds, tries, status, retry_after_s)
        return [self._seconds(sent, wait_s) for wait_s in self._said(sent, call)]

    def _seconds(self, sent: str, wait_s: Any) -> float | None:
        number = isinstance(wait_s, int | float) and not isinstance(wait_s, bool)
        if wait_s is not None and not (number and wait_s >= 0):
            raise Unmet(
                sent=f"{sent}.",
                saw=f"it returned {wait_s!r}.",
                expected="seconds, or None.",
            )
        return wait_s

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


def on_fake_clock(load: Load, send: Send, client: Client) -> list[Try]:
    """The tries of `load`, computed: nothing is sent and no time passes."""
    tries: list[Try] = []
    with asyncio.Runner(loop_factory=FakeClockLoop) as runner:
        clock = runner.get_loop().time
        try:
            runner.run(run(load, send, clock, tries.append, client))
        except* Unmet as group:
            raise group.exceptions[0] from None
    return tries


def failing(share: float, rng: random.Random) -> Send:
    """A service that leaves `share` of its tries without an answer."""

    async def send(raw: bytes, timeout_s: float) -> Response:
        if rng.random() < share:
            await asyncio.sleep(timeout_s)
            return Response("timeout")
        await asyncio.sleep(0.01)
        return Response("ok", 200)

    return send


AGAIN: tuple[int | None, ...] = (None, 429, 500, 502, 503, 504, 599)
NEVER = (400, 401, 404, 408, 409, 413, 422, 499)


@check("Three tries at most, and none of what another try cannot change", points=1.5)
def test_what_is_tried_again(client: Client) -> None:
    for status in (*AGAIN, *NEVER):
        client.new(1)
        client.request()
        waits = [client.wait(tries, status, None) for tries in range(1, TRIES + 2)]
        made = 1 + next((n for n, wait in enumerate(waits) if wait is None), len(waits))
        got = "no answer" if status is None else str(status)
        if status in NEVER and made > 1:
            raise Unmet(
                sent=f"a request that gets {got}.",
                saw=f"{made} tries.",
                expected="one: the next one would be the same again.",
                look="what a 4xx says, and the one of them that is about time.",
            )
        if status in AGAIN and made != TRIES:
            raise Unmet(
                sent=f"a request that gets {got}, every time.",
                saw=f"{made} tries.",
                expected=f"{TRIES}.",
                look="which failures may pass, and what the first try counts as.",
            )


DRAWS = 300
# Of 300 uniform draws, one misses the lowest or the highest eighth once in 10^17.
SPREAD = 8


@check("Waits are spread over the whole backoff, and heed Retry-After", points=1)
def test_waits_are_spread(client: Client) -> None:
    for tries, longest in ((1, BASE_S), (2, LONGEST_S)):
        for after in (None, 1.0, 7.0):
            drawn = client.draws(DRAWS, tries, 503, after)
            waits = [wait for wait in drawn if wait is not None]
            low = after or 0.0
            edge = longest / SPREAD
            good = (
                len(waits) == DRAWS
                and low <= min(waits) < low + edge
                and low + longest - edge < max(waits) <= low + longest
                and 0.35 < sum((w - low) / longest for w in waits) / DRAWS < 0.65
            )
            if not good:
                told = f"from {min(waits):.3f} to {max(waits):.3f} s" if waits else ""
                raise Unmet(
                    sent=f"wait({tries}, 503, {after}), to {DRAWS} policies.",
                    saw=f"{len(waits)} waits{' ' * bool(told)}{told}.",
                    expected=f"{DRAWS}, uniform from {low:g} to {low + longest:g} s.",
                    look="what Retry-After is added to."
                    if after
                    else "full jitter:"
                    " between nothing and the backoff, which doubles, up to LONGEST_S.",
                )


@check("Retries stay within their budget, and do not run dry", points=1.5)
def test_the_budget_holds(client: Client, seeded: random.Random) -> None:
    calm = Load(rate=20, seconds=100, seed=seeded.getrandbits(30))
    once = Retries(timeout_s=TIMEOUT_S)
    for share, seconds in ((1.0, 100.0), (0.03, 200.0)):
        client.new(seeded.getrandbits(30))
        load = Load(20, seconds=seconds, seed=calm.seed, retries=once)
        tries = on_fake_clock(load, failing(share, seeded), client)
        requests = sum(t.number == 1 for t in tries)
        retries = len(tries) - requests
        if retries > BUDGET * requests + FREE:
            raise Unmet(
                sent=f"{requests:,} requests, {share:.0%} of the tries failing.",
                saw=f"{retries:,} retries, {retries / requests:.0%}.",
                expected=f"at most {BUDGET:.0%} in the long run.",
                look="what a retry takes out of the budget, and what puts it back.",
            )
        given_up = sum(t.last and t.outcome != "ok" for t in tries)
        if share < BUDGET and given_up > 0.1 * share * requests:
            raise Unmet(
                sent=f"{requests:,} requests, {share:.0%} of the tries failing.",
                saw=f"{given_up} of them were given up, {retries} tried again.",
                expected="nearly all that fail to be tried again: the budget allows"
                " three times as many.",
                look="what puts something back into the budget.",
            )


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
            saw=f"ten seconds later {served:.0%} of your client's requests are served;"
            f" it sends {sent / max(1, requests):.1f} tries for each.",
            expected="nearly all: the burst has long been over.",
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
QUICK_S = 1.5


@pytest.fixture(scope="module")
def server(release: Release, start_fleet: StartFleet) -> Fleet:
    fleet = start_fleet(release)
    if fleet.send(request_for(BACKENDS[0])).status != 200:
        why = stopped(fleet)
        raise Unmet(
            sent="the plainest of valid requests, and no other.",
            saw=f"no 200{'; ' * bool(why)}{why}.",
            expected="200: a service that is not busy refuses nobody.",
        )
    return fleet


def send_all(fleet: Fleet, raws: Sequence[bytes], within_s: float) -> list[Response]:
    """Send requests at the same time."""
    return fleet.send_all(raws, within_s)


def burst(fleet: Fleet, rng: random.Random) -> list[Response]:
    """30 valid requests at the same time."""
    fleet.wait_ready(READY_WITHIN_S)
    raws = [request_for(rng.choice(BACKENDS)) for _ in range(AT_ONCE)]
    return send_all(fleet, raws, ANSWERED_WITHIN_S)


NOTHING_REFUSED = Unmet(
    sent="more requests at the same time than it can serve.",
    saw="none was refused.",
    expected="a limit, before it is asked what else it does.",
)

# While they arrive, one place or other may become free.
TAKEN_ON = range(LIMIT, LIMIT + 7)


@check("Past the limit it answers 503 with Retry-After, at once", points=1.5)
def test_past_the_limit_it_refuses_at_once(
    server: Fleet, seeded: random.Random
) -> None:
    told = burst(server, seeded)
    served = sum(r.status == 200 for r in told)
    refused = [r for r in told if r.status == 503]
    if served not in TAKEN_ON or served + len(refused) < AT_ONCE:
        raise Unmet(
            sent=f"{AT_ONCE} valid requests at the same time.",
            saw=f"{served} were served, {len(refused)} got 503"
            + f", {AT_ONCE - served - len(refused)} something else or nothing.",
            expected=f"{LIMIT} served, or a few more as places become free, and 503"
            " for the others.",
            look="what is counted, and what it is compared with.",
        )
    if any(r.retry_after_s is None for r in refused):
        raise Unmet(
            sent=f"{AT_ONCE} valid requests at the same time.",
            saw="a 503 without a Retry-After header in whole seconds.",
            expected="each 503 to say when to come back.",
        )
    finds = metric(server, "directory_finds_total", ANSWERED_WITHIN_S)
    send_all(server, [request_for(BACKENDS[1])] * AT_ONCE, ANSWERED_WITHIN_S)
    asked = metric(server, "directory_finds_total", ANSWERED_WITHIN_S) - finds
    if asked not in TAKEN_ON:
        raise Unmet(
            sent=f"{AT_ONCE} valid requests at the same time.",
            saw=f"{asked:.0f} of them reached the directory.",
            expected="those that were taken on, and no other.",
            look="what a refusal must not cost.",
        )


@check("A place is given back on every path", points=1)
def test_places_come_back(server: Fleet, seeded: random.Random) -> None:
    for _ in range(2 * LIMIT):
        server.send(malformed(seeded)[1])
        server.send(http_request(b"{}", path="/nowhere"))
    # Clients that go away before they have an answer, and a burst that is refused.
    send_all(server, [request_for(BACKENDS[0])] * LIMIT, 0.02)
    burst(server, seeded)
    server.telemetry.wait(3 * LIMIT / CAPACITY)
    told = burst(server, seeded)
    served = sum(r.status == 200 for r in told)
    if all(r.status != 503 for r in told):
        raise NOTHING_REFUSED
    if served < LIMIT:
        raise Unmet(
            sent="requests that raise, that find nothing, whose clients go away; and"
            f" then, when all was over, {AT_ONCE} valid ones at the same time.",
            saw=f"{served} were served.",
            expected=f"{LIMIT} at least, as before.",
            look="the ways out of a request that do not give its place back.",
        )


OVERLOAD = 2 * CAPACITY
OVERLOADED_S = 4.0
HEALTH = ("/healthz", "/readyz", "/metrics")


@pytest.fixture(scope="module")
def overload(
    server: Fleet, seeded: random.Random
) -> tuple[float, dict[str, list[Response]]]:
    """Twice the load it can serve, then bursts; goodput, and what health answered."""
    server.wait_ready(READY_WITHIN_S)
    began = server.telemetry.now
    impatient = Retries(retries=0, timeout_s=TIMEOUT_S)
    seed = seeded.getrandbits(30)
    server.start_traffic(Load(OVERLOAD, seed=seed, retries=impatient))
    over = threading.Event()
    health: dict[str, list[Response]] = {path: [] for path in HEALTH}

    def ask() -> None:
        while not over.wait(0.3):
            for path in HEALTH:
                health[path].append(server.send(http_request(None, path=path), QUICK_S))

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        server.telemetry.wait_for(lambda t: t.now > began + OVERLOADED_S + 1, 10)
        over.set()
        asking.result()
    server.stop_traffic()
    # In the middle of a burst, when all places are taken: between two requests of the
    # traffic above one may happen to be free, each time that health is asked.
    half = [request_for(seeded.choice(BACKENDS))] * (AT_ONCE // 2)
    asked = [http_request(None, path=path) for path in HEALTH]
    for _ in range(3):
        told = send_all(server, [*half, *asked, *half], ANSWERED_WITHIN_S)
        for path, response in zip(HEALTH, told[len(half) : -len(half)], strict=True):
            health[path].append(response)
    served = server.telemetry.success(began + 1, began + OVERLOADED_S, TIMEOUT_S) or 0.0
    return served * OVERLOAD, health


@check("Health and metrics are never refused", points=0.5)
def test_health_is_never_refused(
    overload: tuple[float, dict[str, list[Response]]], server: Fleet
) -> None:
    if all(t.status != 503 for t in server.telemetry.tries):
        raise NOTHING_REFUSED
    for path, responses in overload[1].items():
        wrong = [r for r in responses if r.status != 200]
        if not responses or wrong:
            raise Unmet(
                sent=f"GET {path}, {len(responses)} times, while more requests came"
                " than the replica can serve.",
                saw=f"{len(wrong)} times: {wrong[0] if wrong else 'nothing'}.",
                expected="200, always.",
                look="what an orchestrator does with a replica that fails its checks,"
                " and where its traffic goes then.",
            )


@check("Live: under twice the load it can serve, goodput stays up", points=0.5)
def test_goodput_stays_up_under_overload(
    overload: tuple[float, dict[str, list[Response]]],
) -> None:
    goodput, _ = overload
    if goodput < 0.6 * CAPACITY:
        raise Unmet(
            margin_s=0.35,
            sent=f"{OVERLOAD:.0f} requests a second, to clients who wait {TIMEOUT_S} s,"
            f" for {OVERLOADED_S:.0f} seconds.",
            saw=f"{goodput:.0f} a second were served in time.",
            expected=f"nearly {CAPACITY:.0f}, which is what the replica can do.",
            look="how long a request has waited by the time it is its turn.",
        )
