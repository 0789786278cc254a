"""Log lines and series of one replica; an alert on small cases and four recordings.

The replica's store and routing have bugs planted in them, which valid requests for a
few backends meet. All checks of the replica look at the same requests. The alert is
asked about windows in disguise.
"""

import random
import string
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import Any, TypeVar

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Call, Functions
from autograder.instruments.observe import (
    BACKENDS,
    Backend,
    drawn_message,
    drawn_name,
    logged,
    metrics,
    names,
    plant,
    request_for,
    route_to,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from autograder.instruments.promtool import (
    Rule,
    RuleUnreadable,
    firing,
    promtool,
    read_rule,
    seconds,
)
from course.outage import Fleet, Release
from course.outage.telemetry.recording import INCIDENTS, scrapes_of
from course.outage.traffic.messages import MALFORMED, as_curl, http_request, malformed
from course.outage.traffic.wire import Response

ANSWER_WITHIN_S = 3.0
LOGGED_WITHIN_S = 1.5
URLS = 1000
MORE_SERIES = 20  # by them, such as of the methods that there are
AT_ONCE = 8
TRY_OUT_PORT = 8000

A_BUG = "a bug in routing"
ONE, UNMATCHED = "/orders/{order_id}", "unmatched"

# The functions that an exception came through, where it was raised and before that; the
# one in the store has a drawn name.
IN_ROUTING = ("find_backend", "backend_of")
ABOVE_THE_STORE = "latest_orders"

# The text of the exception differs each time.
STORE_BUG = """

import itertools

{name}_number = itertools.count()
{name}_latest = OrderStore.latest


async def {name}(self: OrderStore, backend: Backend) -> list[Order]:
    if (backend.region, backend.shard) == {backend!r}:
        raise TimeoutError({message!r} + str(next({name}_number)))
    return await {name}_latest(self, backend)


OrderStore.latest = {name}
"""


@dataclass
class Sent:
    """One request: what it is, the status due, the exception it meets, what came.

    `route` is the template of its route; `through` are functions that the exception
    came through.
    """

    kind: str
    raw: bytes
    status: int
    route: str
    error: str
    through: tuple[str, ...]
    response: Response

    @property
    def curl(self) -> str:
        return as_curl(self.raw, TRY_OUT_PORT)

    @property
    def request_id(self) -> str:
        return (self.response.headers or {}).get("x-request-id", "")


@dataclass
class Evidence:
    """All that was sent to the replica, which still runs; series before and after."""

    fleet: Fleet
    sent: list[Sent]
    fine: Backend

    def records(self, sent: Sent) -> list[dict[str, object]]:
        """The log's records that carry the id of one request."""
        told = logged(self.fleet)
        return [r for r in told if sent.request_id == r.get("request_id") != ""]

    def errors(self, sent: Sent) -> list[dict[str, object]]:
        return [r for r in self.records(sent) if is_error(r)]

    def series(self, name: str, *labels: str) -> Counter[tuple[str, ...]]:
        """Return the values of a counter by the values of these labels."""
        found: Counter[tuple[str, ...]] = Counter()
        for metric in metrics(self.fleet, 5.0):
            if metric.name == name and metric.labels:
                values = tuple(metric.labels.get(label, "") for label in labels)
                found[values] += metric.value  # type: ignore[assignment]
        return found


def is_error(record: dict[str, object]) -> bool:
    return record["level"] in {"error", "critical"}


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    buggy, bugs = plant(release, seeded, ("RuntimeError", "MemoryError"))
    left = [backend for backend in BACKENDS if backend not in bugs.values()]
    lagging, fine = seeded.sample(left, 2)
    name = drawn_name(seeded)
    store_bug = STORE_BUG.format(
        name=name, backend=lagging, message=drawn_message(seeded)
    )
    fleet = start_fleet(buggy.extended("store.py", store_bug))
    order = b'{"item": "tea", "quantity": 1}'
    at, above, late = "/orders", (name, ABOVE_THE_STORE), request_for(lagging)
    plan: list[tuple[str, bytes, int, str, str, tuple[str, ...]]]
    plan = [("a valid request", request_for(fine), 200, at, "", ())]
    for _ in range(3):
        plan += [
            *(
                (A_BUG, request_for(backend), 500, at, "RoutingFailed", IN_ROUTING)
                for backend in bugs.values()
            ),
            ("a bug in the store", late, 500, at, "TimeoutError", above),
        ]
    one = f"/orders/{name[1:7]}"
    for method, body in (("PUT", order), ("GET", b"")):
        raw = http_request(route_to(bugs["RuntimeError"]), method, one, body)
        plan.append((A_BUG, raw, 500, ONE, "RoutingFailed", IN_ROUTING))
    plan += [(kind, malformed(seeded, kind)[1], 400, at, "", ()) for kind in MALFORMED]
    route = route_to(fine)
    plan += [
        (kind, http_request(route, *of), status, template, "", ())
        for kind, of, status, template in (
            ("an unknown path", ("GET", "/nowhere"), 404, UNMATCHED),
            ("an unknown order", ("GET", one), 404, ONE),
            ("an invalid body", ("PUT", one, b"{}"), 422, ONE),
        )
    ]
    first, *rest = plan
    seeded.shuffle(rest)
    sent: list[Sent] = []
    for what in (first, *rest):
        sent.append(Sent(*what, fleet.send(what[1], ANSWER_WITHIN_S)))
        if sent[0].response.status != 200:
            why = stopped(fleet)
            raise Unmet(
                sent="a plain valid request, before anything has failed.",
                saw=f"{sent[0].response}{'; ' * bool(why)}{why}.",
                expected="200.",
            )
    found = Evidence(fleet, sent, fine)
    # An answer may run ahead of the line that belongs to it.
    fleet.telemetry.wait_for(
        lambda _: all(found.records(s) for s in sent), LOGGED_WITHIN_S
    )
    return found


def require_answer(sent: Sent, evidence: Evidence) -> None:
    """Raise Unmet unless the answer is as the given module has it, with its own id."""
    about = f"{sent.kind}: {sent.curl}"
    if sent.response.status != sent.status:
        raise Unmet(
            sent=about,
            saw=f"{sent.response}.",
            expected=f"{sent.status}, as the given module has it.",
            look="what the layer passes on.",
        )
    if not sent.request_id:
        raise Unmet(
            sent=about,
            saw=f"{sent.response}, without a header X-Request-ID.",
            expected="a request id, as the given module has it.",
        )
    if [each.request_id for each in evidence.sent].count(sent.request_id) > 1:
        raise Unmet(
            sent=f"{about}, and other requests.",
            saw=f"the X-Request-ID {sent.request_id[:40]!r} in more than one answer.",
            expected="one of its own in each.",
        )


@check("A fault of ours is one ERROR, with traceback and request id", points=1.5)
def test_our_fault_is_logged_once(evidence: Evidence) -> None:
    for sent in evidence.sent:
        if not sent.error:
            continue
        require_answer(sent, evidence)
        errors = evidence.errors(sent)
        if len(errors) != 1:
            told = ", ".join(str(r["event"]).strip()[:40] for r in errors[:4])
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw=f"{len(errors)} records of level error that carry the id of the"
                f" answer as request_id{': ' * bool(errors)}{told}.",
                expected="one.",
                look="what becomes of the exception after you have logged it."
                if any("uvicorn" in str(r.get("logger")) for r in errors)
                else "",
            )
        if not names(errors[0], *sent.through):
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw=f"the error record “{str(errors[0]['event'])[:40]}”, which does not"
                " name the functions that the exception came through, such as"
                f" {sent.through[1]}.",
                expected="the traceback, in the same record, in any field.",
                look="what `str(exc)` leaves out.",
            )
    faults = sum(bool(sent.error) for sent in evidence.sent)
    events = [str(r["event"]) for r in logged(evidence.fleet) if is_error(r)]
    clients = sum(len(evidence.errors(s)) for s in evidence.sent if not s.error)
    if len(events) - clients > faults:
        [(most, count)] = Counter(events).most_common(1)
        raise Unmet(
            sent=f"{faults} requests that met a fault of ours.",
            saw=f"{len(events) - clients} records of level error in all; “{most[:80]}”"
            f" appears {count} times.",
            expected="one for each fault, either from this layer or from the server"
            " around it, not from both.",
            look="what becomes of the exception after you have logged it.",
        )


@check("A fault of the client is no ERROR, and leaves a line", points=1)
def test_clients_faults_are_no_errors(evidence: Evidence) -> None:
    for sent in evidence.sent:
        if sent.error:
            continue
        require_answer(sent, evidence)
        records = evidence.records(sent)
        if errors := evidence.errors(sent):
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw=f"{sent.response}, and a record of level error:"
                f" “{str(errors[0]['event'])[:80]}”.",
                expected="info or warning: nobody has to get out of bed for it.",
                look="what decides on the level: who has to act on it.",
            )
        levels = {record["level"] for record in records}
        if sent.status != 200 and levels.isdisjoint({"info", "warning"}):
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw="no line of level info or warning in the log with the id of the"
                " answer as request_id.",
                expected="one at least.",
            )


@check("Faults are counted by route template and class of exception", points=1.5)
def test_faults_are_counted(evidence: Evidence) -> None:
    wanted = Counter((s.route, s.error) for s in evidence.sent if s.error)
    found = evidence.series("request_errors_total", "route", "error")
    for (route, error), count in wanted.items():
        if found[route, error] != count:
            raise Unmet(
                sent=f"to {route}, requests that met {error}: {count}.",
                saw=f"request_errors_total has {shown(found, 'error')}.",
                expected=f'route="{route}", error="{error}": {count}.',
            )
    # A series may be made before there is anything to count.
    if more := {k: n for k, n in found.items() if k not in wanted and n != 0}:
        raise Unmet(
            sent="requests that met a fault of ours, and others.",
            saw=f"request_errors_total has {shown(more, 'error')}, too.",
            expected="nothing there but faults of ours.",
        )
    answered = evidence.series("http_requests_total", "route", "status")
    for (route, status), count in Counter(
        (s.route, str(s.status)) for s in evidence.sent
    ).items():
        if answered[route, status] != count:
            there = {key: n for key, n in answered.items() if key[1] == status}
            raise Unmet(
                sent=f"to {route}, requests that were answered with {status}: {count}.",
                saw=f"of that status, http_requests_total has"
                f" {shown(there, 'status')}.",
                expected=f'route="{route}", status="{status}": {count}.',
            )


def shown(found: Mapping[tuple[str, ...], float], label: str) -> str:
    """Series with a route and another label, in words."""
    return (
        ", ".join(
            f'route="{route[:60]}", {label}="{value[:40]}": {count:g}'
            for (route, value), count in sorted(found.items())[:4]
        )
        or "no series"
    )


@check("1,000 different URLs add no series", points=1)
def test_urls_add_no_series(evidence: Evidence, seeded: random.Random) -> None:
    made = len(metrics(evidence.fleet, 5.0))
    before = evidence.series("http_requests_total", "route", "status")
    sent = [drawn_request(seeded, evidence.fine) for _ in range(URLS)]
    with ThreadPoolExecutor(AT_ONCE) as clients:
        told = list(
            clients.map(lambda s: evidence.fleet.send(s[0], ANSWER_WITHIN_S), sent)
        )
    series = metrics(evidence.fleet, 5.0)
    of_clients = next(
        (m for m in series if any(MARK in v.lower() for v in m.labels.values())), None
    )
    if of_clients or len(series) > made + MORE_SERIES:
        raise Unmet(
            sent=f"{URLS:,} requests, each with its own URL, method or header.",
            saw=f"{len(series):,} series at /metrics, and {made:,} before"
            f"{f', with {str(of_clients)[:100]}' if of_clients else ''}.",
            expected="as many as before.",
            look="which of your labels takes its value from the client.",
        )
    wanted = Counter((route, str(status)) for _, route, status in sent)
    for (_, _, due), response in zip(sent, told, strict=True):
        if response.status != due:
            raise Unmet(
                sent=f"{URLS:,} requests, most of them for URLs that do not exist.",
                saw=f"{response}, where the given module answers {due}.",
                expected="the same answers as before.",
            )
    after = evidence.series("http_requests_total", "route", "status")
    for (route, status), count in wanted.items():
        grown = after[route, status] - before[route, status]
        if grown != count:
            raise Unmet(
                sent=f"{count} requests that are answered with {status}; their route"
                f" is {route}.",
                saw=f'route="{route}", status="{status}" in http_requests_total has'
                f" grown by {grown:g}.",
                expected=f"{count}.",
            )


# Stands in each URL, method and header that a client draws, in some case of letters.
MARK = "qxz"


def drawn_request(rng: random.Random, backend: Backend) -> tuple[bytes, str, int]:
    """A valid request as no other; the template of its route, and the status due."""
    word = MARK + "".join(rng.choices(string.ascii_lowercase, k=10))
    path, route, status = rng.choice(
        [
            (f"/orders/{word}", ONE, 404),
            (f"/{word}", UNMATCHED, 404),
            (f"/{word}/{rng.random()}", UNMATCHED, 404),
            (f"/orders?{word}={rng.random()}", "/orders", 200),
        ]
    )
    method = "GET"
    if route == UNMATCHED:
        method = rng.choice(["GET", "PUT", "DELETE", word.upper()])
    raw = http_request(route_to(backend), method, path)
    header = rng.choice(["User-Agent", "Referer", "X-Forwarded-For", "X-Client"])
    return (
        raw.replace(b"Host:", f"{header}: {word}\r\nHost:".encode(), 1),
        route,
        status,
    )


# --- the alert

REQUESTS, ERRORS = "http_requests_total", "request_errors_total"
Scrapes = list[dict[str, Any]]
T = TypeVar("T")


def scrape(
    t: float, pid: int, requests: float, failed: float | None, **errors: float
) -> dict[str, Any]:
    """One scrape; `failed` are RoutingFailed, None if there is no such series yet."""
    found = {"RoutingFailed": failed} if failed is not None else {}
    return scraped(
        t,
        pid,
        {("/orders", "200"): requests},
        {("/orders", error): n for error, n in (found | errors).items()},
    )


def scraped(
    t: float,
    pid: int,
    requests: Mapping[tuple[str, str], float],
    errors: Mapping[tuple[str, str], float],
    replica: int | None = None,
) -> dict[str, Any]:
    """One scrape: requests by route and status, errors by route and class."""
    samples: list[list[Any]] = [
        [REQUESTS, {"route": route, "status": status}, n]
        for (route, status), n in requests.items()
    ]
    samples += [
        [ERRORS, {"route": route, "error": error}, n]
        for (route, error), n in errors.items()
    ]
    samples.append(["db_query_seconds_sum", {}, sum(requests.values()) / 100])
    return {
        "t": t,
        "replica": pid % 2 if replica is None else replica,
        "pid": pid,
        "samples": samples,
    }


@dataclass(frozen=True)
class Case:
    """Scrapes, whether the alert fires on them, and where to look if it does not."""

    what: str
    scrapes: Scrapes
    fires: bool
    look: str = ""


R = "RoutingFailed"
CASES = [
    Case(
        "5 of 100 requests failed in the window",
        [scrape(1, 1, 100, 0), scrape(10, 1, 200, 5)],
        True,
    ),
    Case(
        "900 failures, all of them from before the window",
        [scrape(1, 1, 2000, 900), scrape(10, 1, 2100, 900)],
        False,
        "a counter only grows: what counts is by how much.",
    ),
    Case(
        "1 of 1,000 requests failed",
        [scrape(1, 1, 1000, 4), scrape(10, 1, 2000, 5)],
        False,
        "SHARE.",
    ),
    Case(
        "201 of 20,000 requests failed",
        [scrape(1, 1, 0, 0), scrape(10, 1, 20_000, 201)],
        True,
    ),
    Case(
        "199 of 20,000 requests failed",
        [scrape(1, 1, 0, 0), scrape(10, 1, 20_000, 199)],
        False,
    ),
    Case(
        "exactly 1 of 100 requests failed",
        [scrape(1, 1, 100, 0), scrape(10, 1, 200, 1)],
        False,
        "more than, not at least.",
    ),
    Case(
        "the series appeared within the window",
        [scrape(1, 1, 100, None), scrape(10, 1, 200, 9)],
        True,
        "what a series that is not there yet stands for.",
    ),
    Case(
        "50 requests met TimeoutError, 20 RoutingFailedBefore, none RoutingFailed",
        [
            scrape(1, 1, 100, 0, TimeoutError=0),
            scrape(10, 1, 200, 0, TimeoutError=50, RoutingFailedBefore=20),
        ],
        False,
        "which value of the label `error` you count.",
    ),
    Case(
        "a process ended; its successor, a new pid, met 9 failures",
        [
            scrape(1, 1, 5000, 300),
            scrape(2, 1, 5010, 300),
            scrape(5, 3, 10, None),
            scrape(10, 3, 90, 9),
        ],
        True,
        "the pid: one process's counts are not to be subtracted from another's.",
    ),
    Case(
        "a process ended, with many old failures; its successor met none",
        [
            scrape(1, 1, 5000, 300),
            scrape(4, 1, 5010, 300),
            scrape(6, 3, 5, 0),
            scrape(10, 3, 90, 0),
        ],
        False,
        "the failures of a process that has ended, and when they were.",
    ),
    Case(
        "one replica of two fails, the other has most of the traffic",
        [
            scrape(1, 1, 100, 0),
            scrape(1, 2, 100, 0),
            scrape(10, 1, 110, 4),
            scrape(10, 2, 1100, 0),
        ],
        False,
        "the share of all requests, not of one replica's.",
    ),
    Case(
        "a new process met failures before its first scrape",
        [
            scrape(1, 1, 1000, 0),
            scrape(9, 3, 50, 10),
            scrape(10, 1, 1010, 0),
            scrape(10, 3, 50, 10),
        ],
        True,
        "the value to count from in a process that started within the window.",
    ),
    Case(
        "a new process, scraped once, had served 1,000 requests and failed none",
        [
            scrape(1, 1, 100, 0),
            scrape(10, 1, 200, 4),
            scrape(10, 3, 1000, 0),
        ],
        False,
        "the value to count from in a process that started within the window.",
    ),
    Case(
        "both replicas fail a little",
        [
            scrape(1, 1, 100, 10),
            scrape(1, 2, 100, 70),
            scrape(10, 1, 200, 12),
            scrape(10, 2, 200, 72),
        ],
        True,
        "that failures of all replicas add up.",
    ),
    Case(
        "half of the requests to one route fail; all others succeed",
        [
            scraped(1, 1, {("/a", "200"): 0, ("/b", "200"): 0, ("/b", "500"): 0}, {}),
            scraped(
                10,
                1,
                {("/a", "200"): 990, ("/b", "200"): 5, ("/b", "500"): 5},
                {("/b", R): 5},
            ),
        ],
        False,
        "the share of all requests, not of one route's.",
    ),
    Case(
        "three routes fail a little",
        [
            scraped(1, 1, {("/a", "200"): 0}, {}),
            scraped(
                10,
                1,
                {("/a", "200"): 985, ("/a", "500"): 5, ("/b", "500"): 10},
                {("/a", R): 5, ("/b", R): 5, ("/c", R): 5},
            ),
        ],
        True,
        "that failures of all routes add up.",
    ),
    Case(
        "5 of 1,000 requests failed; 600 were answered with 404",
        [
            scraped(1, 1, {("/a", "200"): 7, ("unmatched", "404"): 8}, {}),
            scraped(
                10,
                1,
                {("/a", "200"): 402, ("unmatched", "404"): 608, ("/a", "500"): 5},
                {("/a", R): 5},
            ),
        ],
        False,
        "which requests have been answered.",
    ),
    Case(
        "a process met 40 failures in the window and ended; its successor met none",
        [
            scrape(1, 1, 1000, 0),
            scrape(4, 1, 1400, 40),
            scrape(6, 3, 5, 0),
            scrape(10, 3, 400, 0),
        ],
        True,
        "the counts of a process that has ended within the window.",
    ),
    Case(
        "a process answered 1,000 requests and ended; its successor failed 4 of 100",
        [
            scrape(1, 1, 500, 0),
            scrape(5, 1, 1500, 0),
            scrape(6, 3, 5, 0),
            scrape(10, 3, 100, 4),
        ],
        False,
        "the counts of a process that has ended within the window.",
    ),
    Case(
        "no request in the window",
        [scrape(1, 1, 100, 50), scrape(10, 1, 100, 50)],
        False,
        "what there is to divide by.",
    ),
    Case("a single scrape", [scrape(4, 1, 100, 50)], False, "by how much it grew."),
    Case("no scrapes at all", [], False, "what to answer without data."),
]


def disguised(scrapes: Scrapes, rng: random.Random, direction: int) -> Scrapes:
    """The same scrapes later, with other pids, what has no order in another one.

    Those of one second come by their pids, up or down: `direction` is 1 or -1. So the
    first of all scrapes and the last are never of the same process.
    """
    later, first_pid = rng.randint(0, 900), rng.randint(2, 30_000)
    found = [
        each
        | {
            "t": each["t"] + later,
            "pid": first_pid + each["pid"],
            "samples": rng.sample(each["samples"], len(each["samples"])),
        }
        for each in scrapes
    ]
    return sorted(found, key=lambda each: (each["t"], direction * each["pid"]))


def ask(
    functions: Functions, windows: Mapping[T, Scrapes], rng: random.Random
) -> dict[T, Call]:
    """What the alert says of each window, in disguise."""
    directions = cycle((1, -1))
    asked = [[disguised(w, rng, next(directions))] for w in windows.values()]
    return dict(zip(windows, functions.calls("routing_alert", asked), strict=True))


def fired(call: Call) -> bool | None:
    """Whether the alert fires, by what is true in Python; None if it does not say."""
    if call.ended != "returned" or isinstance(call.value, str | list | dict):
        return None
    return bool(call.value)


@check("The alert reads counters: increases, new processes, the right class", points=2)
def test_the_alert_reads_counters(functions: Functions, seeded: random.Random) -> None:
    calls = ask(functions, {case.what: case.scrapes for case in CASES}, seeded)
    for case in CASES:
        call = calls[case.what]
        if fired(call) is not case.fires:
            raise Unmet(
                sent=f"routing_alert(…): {case.what}.",
                saw=f"{call}.",
                expected="the alert to fire." if case.fires else "no alert.",
                look=case.look if fired(call) is not None else "",
            )


# Of the incident "routing": trouble begins at second 10, with a deployment that takes a
# moment, and ends with the rollback at 25; the window is ten seconds long.
WINDOW_S = 10
CALM_UNTIL, FIRES_BY, FIRES_UNTIL, QUIET_FROM = 10, 19, 25, 39

INCIDENT = {
    "routing": "a deployment breaks the routing of one region in three",
    "database": "queries become slow: TimeoutError, answered with 500",
    "client": "a client sends malformed headers, two in five of all requests",
    "spike": "seven times the traffic: 503 for what is too much",
}


def spans(found_at: Iterable[int]) -> str:
    """Seconds in words, such as "it fires in seconds 12–20, 23"."""
    found: list[list[int]] = []
    for t in sorted(found_at):
        if found and t == found[-1][1] + 1:
            found[-1][1] = t
        else:
            found.append([t, t])
    told = [f"{first}–{last}" if first < last else f"{last}" for first, last in found]
    return f"it fires in seconds {', '.join(told)}" if told else "no alert"


def judge_firing(name: str, fires: set[int], what: str) -> None:
    """Raise Unmet unless the alert fires when it should in the incident `name`."""
    expected, look = "no alert: this is another cause.", "which failures it counts."
    if name == "routing":
        early = [t for t in fires if t <= CALM_UNTIL]
        missing = set(range(FIRES_BY, FIRES_UNTIL + 1)) - fires
        late = [t for t in fires if t >= QUIET_FROM]
        if not (early or missing or late):
            return
        expected = (
            f"an alert in every second from {FIRES_BY} to {FIRES_UNTIL}, when it is"
            f" rolled back; none up to {CALM_UNTIL}, and none from {QUIET_FROM} on."
        )
        look = "how far back it counts." if late and not (early or missing) else ""
    elif not fires:
        return
    raise Unmet(
        sent=f"{what}, on the recorded incident “{name}”: {INCIDENT[name]}.",
        saw=f"{spans(fires)}.",
        expected=expected,
        look=look,
    )


@check("On the four incidents the alert fires on the routing fault alone", points=1.5)
def test_the_alert_knows_the_incident(
    functions: Functions, seeded: random.Random
) -> None:
    windows = {
        (name, int(window[-1]["t"])): window
        for name in INCIDENTS
        for window in scrapes_of(name, WINDOW_S)
    }
    calls = ask(functions, windows, seeded)
    for (name, t), call in calls.items():
        if fired(call) is None:
            raise Unmet(
                sent=f"routing_alert(…), on the recorded incident “{name}”, at"
                f" second {t}.",
                saw=f"{call}.",
                expected="True or False.",
            )
    for name in INCIDENTS:
        fires = {t for (of, t), call in calls.items() if of == name and fired(call)}
        judge_firing(name, fires, "routing_alert(…)")


# --- the rule

LONGEST_FOR_S = 5


@dataclass(frozen=True)
class Flow:
    """A steady flow of requests to one replica, and how many a second fail by class."""

    requests: int
    errors: Mapping[str, int]
    replica: int = 0
    route: str = "/orders"
    status: str = "200"
    since: int = 0
    until: int = 99


@dataclass(frozen=True)
class MadeUp:
    """Flows of 40 seconds, when the rule must fire on them, and when it must not."""

    what: str
    flows: list[Flow]
    fires: Iterable[int]
    quiet: Iterable[int]
    look: str = ""
    restart: int = 0


ALWAYS, STEADY, NEVER = range(1, 41), range(17, 41), range(0)
MADE_UP = [
    MadeUp(
        "1.005% of the requests fail",
        [Flow(20_000, {R: 201}), Flow(20_000, {R: 201}, replica=1)],
        STEADY,
        NEVER,
    ),
    MadeUp(
        "0.995% of the requests fail",
        [Flow(20_000, {R: 199}), Flow(20_000, {R: 199}, replica=1)],
        NEVER,
        ALWAYS,
    ),
    MadeUp(
        "exactly 1% of the requests fail",
        [Flow(1000, {R: 10}), Flow(1000, {R: 10}, replica=1)],
        NEVER,
        STEADY,
        "more than, not at least.",
    ),
    MadeUp(
        "half of the requests to one route fail, 0.5% of all",
        [Flow(990, {}), Flow(10, {R: 5}, route="/orders/{order_id}")],
        NEVER,
        ALWAYS,
        "the share of all requests, not of one route's.",
    ),
    MadeUp(
        "5% of all requests fail, each of them on one route",
        [Flow(500, {}), Flow(500, {R: 50}, route="/orders/{order_id}")],
        STEADY,
        NEVER,
        "which requests it counts.",
    ),
    MadeUp(
        "half of the requests to one replica fail, 0.5% of all",
        [Flow(990, {}), Flow(10, {R: 5}, replica=1)],
        NEVER,
        ALWAYS,
        "the share of all requests, not of one replica's.",
    ),
    MadeUp(
        "two routes on two replicas fail a little each, 1.6% of all",
        [
            Flow(250, {R: 4}, replica, route)
            for replica in (0, 1)
            for route in ("/orders", "/orders/{order_id}")
        ],
        STEADY,
        NEVER,
        "that failures of all routes and replicas add up.",
    ),
    MadeUp(
        "half of the requests meet TimeoutError, 5% RoutingFailedBefore",
        [Flow(1000, {"TimeoutError": 500, "RoutingFailedBefore": 50, R: 0})],
        NEVER,
        ALWAYS,
        "which value of the label `error` you count.",
    ),
    MadeUp(
        "0.5% of the requests fail, and 60% are answered with 404",
        [
            Flow(395, {R: 5}),
            Flow(5, {}, status="500"),
            Flow(600, {}, route="unmatched", status="404"),
        ],
        NEVER,
        ALWAYS,
        "which requests have been answered.",
    ),
    MadeUp(
        "in second 20 alone 8% of the requests fail, of ten seconds 0.8%",
        [Flow(1000, {}), Flow(0, {R: 80}, since=19, until=20)],
        NEVER,
        ALWAYS,
        "over how many seconds it counts.",
    ),
    MadeUp(
        "until second 20 half of the requests fail, then none",
        [Flow(1000, {}), Flow(0, {R: 500}, until=20)],
        range(17, 21),
        range(31, 41),
        "over how many seconds it counts.",
    ),
    MadeUp(
        "3% fail on a replica that is started anew at second 20",
        [Flow(100, {}), Flow(1000, {R: 30}, replica=1)],
        range(17, 41),
        NEVER,
        "counters that begin again.",
        restart=20,
    ),
    MadeUp(
        "there are no requests any more",
        [Flow(1000, {R: 500}, until=1)],
        NEVER,
        range(14, 41),
        "what there is to divide by.",
    ),
]


def flowing(made_up: MadeUp) -> Scrapes:
    """What would have been scraped of these flows, once a second."""
    found = []
    for t in range(1, 41):
        for replica in {flow.replica for flow in made_up.flows}:
            requests, errors = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
            anew = made_up.restart if t >= made_up.restart and replica else 0
            for flow in made_up.flows:
                if flow.replica != replica:
                    continue
                for_s = max(0, min(t, flow.until) - max(flow.since, anew))
                before = 0 if anew else BEFORE
                requests[flow.route, flow.status] += flow.requests * (for_s + before)
                for error, n in flow.errors.items():
                    errors[flow.route, error] += n * (for_s + before)
            pid = 100 + replica + anew
            found.append(scraped(float(t), pid, requests, errors, replica))
    return found


BEFORE = 50  # seconds of the same, before the first scrape


@check("The same as a Prometheus rule, in promtool where there is one", points=1.5)
def test_the_rule_knows_the_incident(functions: Functions) -> None:
    call = functions.call("alert_rule")
    rule = looked_at(call)
    if not promtool():
        return
    recordings = {name: scrapes_of(name, 3600)[-1] for name in INCIDENTS}
    made_up = {f"made up {number}": each for number, each in enumerate(MADE_UP)}
    try:
        fires = firing(
            rule, recordings | {name: flowing(each) for name, each in made_up.items()}
        )
    except RuleUnreadable as exc:
        raise Unmet(
            sent="the text that alert_rule() returns, in promtool.",
            saw=str(exc),
            expected="a rule file that Prometheus loads and evaluates.",
        ) from exc
    for name in INCIDENTS:
        judge_firing(name, fires[name], "the rule")
    for name, each in made_up.items():
        if fires[name] >= set(each.fires) and not fires[name] & set(each.quiet):
            continue
        raise Unmet(
            sent=f"the rule, on 40 seconds of made-up series: {each.what}.",
            saw=f"{spans(fires[name])}.",
            expected=f"{expected_of(each)}.",
            look=each.look,
        )


def expected_of(made_up: MadeUp) -> str:
    """When the rule is to fire, and when not, in words."""
    parts = []
    for when, what in ((made_up.fires, "an alert"), (made_up.quiet, "none")):
        if found := sorted(when):
            parts.append(f"{what} in seconds {found[0]}–{found[-1]}")
    return ", ".join(parts)


def looked_at(call: Call) -> Rule:
    """Raise Unmet if it is not the rule, whatever it may evaluate to."""
    if not isinstance(call.value, str):
        raise Unmet(
            sent="alert_rule()", saw=f"{call}.", expected="a rule file, as text."
        )
    sent = "the text that alert_rule() returns."
    try:
        rule = read_rule(call.value)
    except RuleUnreadable as exc:
        raise Unmet(
            sent=sent,
            saw=str(exc),
            expected="a rule file: one group with one rule, of at most 10,000"
            " characters.",
            look="the rule in lesson 09.",
        ) from exc
    if rule.alert != "RoutingExceptions":
        raise Unmet(
            sent=sent,
            saw=f"the alert is called {rule.alert[:80]!r}.",
            expected="RoutingExceptions.",
        )
    for part in (ERRORS, R, REQUESTS):
        if part not in rule.expr:
            raise Unmet(
                sent=sent,
                saw=f"its expression does not mention {part}.",
                expected="the share of http_requests_total that request_errors_total"
                " counts as RoutingFailed.",
            )
    if seconds(rule.for_) > LONGEST_FOR_S:
        raise Unmet(
            sent=sent,
            saw=f"the alert waits: `for` is {rule.for_}.",
            expected=f"{LONGEST_FOR_S}s at most.",
        )
    return rule
