"""Log lines and series of one replica; an alert on small cases and four recordings.

The replica's store and routing have bugs planted in them, which valid requests for a
few backends meet. All checks of the replica look at the same requests.
"""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions
from autograder.instruments.observe import (
    BACKENDS,
    Backend,
    logged,
    metrics,
    plant,
    request_for,
    route_to,
    stopped,
)
from autograder.instruments.plugin import StartFleet
from autograder.instruments.promtool import (
    Rule,
    RuleUnreadable,
    firing_seconds,
    promtool,
    read_rule,
)
from course.outage import Fleet, Release
from course.outage.telemetry.recording import INCIDENTS, scrapes_of
from course.outage.traffic.messages import MALFORMED, as_curl, http_request, malformed
from course.outage.traffic.wire import Response
from course.service.routing import TOPOLOGY

ANSWER_WITHIN_S = 3.0
LOGGED_WITHIN_S = 1.5
URLS = 1000
AT_ONCE = 8
TRY_OUT_PORT = 8000

# Raised by the store, by its planted bug, with a text that differs each time.
STORE_BUG = """

import itertools

_number = itertools.count()
_latest = OrderStore.latest


async def latest(self: OrderStore, backend: Backend) -> list[Order]:
    if (backend.region, backend.shard) == {backend!r}:
        raise TimeoutError(f"replica lag at row {{next(_number)}}")
    return await _latest(self, backend)


OrderStore.latest = latest
"""


@dataclass
class Sent:
    """One request: what it is, the status due, the exception it meets, what came."""

    kind: str
    raw: bytes
    status: int
    error: str
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

    def series(self, name: str) -> dict[frozenset[tuple[str, str]], float]:
        """The series of a counter, by their labels."""
        return {
            frozenset(metric.labels.items()): metric.value
            for metric in metrics(self.fleet, 5.0)
            if metric.name == name and metric.labels
        }


def is_error(record: dict[str, object]) -> bool:
    return record["level"] in {"error", "critical"}


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    buggy, bugs = plant(release, seeded, ("RuntimeError", "MemoryError"))
    left = [backend for backend in BACKENDS if backend not in bugs.values()]
    lagging, fine = seeded.sample(left, 2)
    fleet = start_fleet(buggy.extended("store.py", STORE_BUG.format(backend=lagging)))
    order = b'{"item": "tea", "quantity": 1}'
    plan = [("a valid request", request_for(fine), 200, "")]
    for _ in range(3):
        plan += [
            ("a bug in routing", request_for(backend), 500, "RoutingFailed")
            for backend in bugs.values()
        ]
        plan.append(("a bug in the store", request_for(lagging), 500, "TimeoutError"))
    put = http_request(route_to(bugs["RuntimeError"]), "PUT", "/orders/a1", order)
    plan.append(("a bug in routing", put, 500, "RoutingFailed"))
    plan += [(kind, malformed(seeded, kind)[1], 400, "") for kind in MALFORMED]
    route = route_to(fine)
    plan += [
        ("an unknown path", http_request(route, path="/nowhere"), 404, ""),
        ("an unknown order", http_request(route, path="/orders/none"), 404, ""),
        ("an invalid body", http_request(route, "PUT", "/orders/b", b"{}"), 422, ""),
    ]
    first, *rest = plan
    rest = [*rest]
    seeded.shuffle(rest)
    sent = []
    for kind, raw, status, error in (first, *rest):
        sent.append(Sent(kind, raw, status, error, fleet.send(raw, ANSWER_WITHIN_S)))
        if sent[0].response.status != 200:
            why = stopped(fleet)
            raise Unmet(
                sent="the plainest of valid requests, before anything has failed.",
                saw=f"{sent[0].response}{'; ' * bool(why)}{why}.",
                expected="200.",
            )
    found = Evidence(fleet, sent, fine)
    # An answer may run ahead of the line that belongs to it.
    fleet.telemetry.wait_for(
        lambda _: all(found.records(s) for s in sent), LOGGED_WITHIN_S
    )
    return found


def wrong_status(sent: Sent) -> Unmet:
    return Unmet(
        sent=f"{sent.kind}: {sent.curl}",
        saw=f"{sent.response}.",
        expected=f"{sent.status}, as the given module has it.",
        look="what the layer passes on.",
    )


@check("A fault of ours is one ERROR, with traceback and request id", points=1.5)
def test_our_fault_is_logged_once(evidence: Evidence) -> None:
    for sent in evidence.sent:
        if not sent.error:
            continue
        if sent.response.status != sent.status:
            raise wrong_status(sent)
        errors = evidence.errors(sent)
        if len(errors) != 1:
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw=f"{len(errors)} records of level error that carry the id of the"
                f" response{': ' * bool(errors)}"
                f"{', '.join(str(r['event']).strip() for r in errors)}.",
                expected="one.",
                look="where the exception is known and the id still bound."
                if not errors
                else "what becomes of the exception after you have logged it."
                if any("uvicorn" in str(r.get("logger")) for r in errors)
                else "which of your log calls tell of the same failure.",
            )
        if sent.error.removesuffix("Failed") not in str(errors[0].get("exception")):
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw=f"the error record “{errors[0]['event']}” without a traceback.",
                expected="the whole traceback, in the same record.",
                look="what `str(exc)` leaves out.",
            )
    faults = sum(bool(sent.error) for sent in evidence.sent)
    events = [str(r["event"]) for r in logged(evidence.fleet) if is_error(r)]
    clients = sum(len(evidence.errors(s)) for s in evidence.sent if not s.error)
    if len(events) - clients > faults:
        [(most, count)] = Counter(events).most_common(1)
        raise Unmet(
            sent=f"{faults} requests that met a fault of ours.",
            saw=f"{len(events) - clients} records of level error in all; “{most}”"
            f" stands {count} times.",
            expected="one for each fault, from this layer or from the server around it,"
            " and not from both.",
            look="what becomes of the exception after you have logged it.",
        )


@check("A fault of the client is no ERROR, and leaves a line", points=1)
def test_clients_faults_are_no_errors(evidence: Evidence) -> None:
    for sent in evidence.sent:
        if sent.error:
            continue
        if sent.response.status != sent.status:
            raise wrong_status(sent)
        records = evidence.records(sent)
        if errors := evidence.errors(sent):
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw=f"{sent.response}, and a record of level error:"
                f" “{errors[0]['event']}”.",
                expected="info or warning: nobody is to get up for it.",
                look="what decides on the level: who has to do something about it.",
            )
        if not records:
            raise Unmet(
                sent=f"{sent.kind}: {sent.curl}",
                saw="no line in the log with the id of the response.",
                expected="one at least, of level info or warning.",
            )


@check("Faults are counted by route template and class of exception", points=1.5)
def test_faults_are_counted(evidence: Evidence) -> None:
    wanted: Counter[tuple[str, str]] = Counter()
    for sent in evidence.sent:
        if sent.error:
            path = "/orders/{order_id}" if b"/orders/a1" in sent.raw else "/orders"
            wanted[path, sent.error] += 1
    series = evidence.series("request_errors_total")
    found = {
        (told.get("route", ""), told.get("error", "")): value
        for labels, value in series.items()
        if (told := dict(labels))
    }
    for (route, error), count in wanted.items():
        if found.get((route, error)) != count:
            raise Unmet(
                sent=f"{count} requests to {route} that met {error}.",
                saw=f"request_errors_total has {shown(found)}.",
                expected=f'route="{route}", error="{error}": {count}.',
                look="where the template of the route is to be found, and when; what"
                " identifies an exception.",
            )
    if more := set(found) - set(wanted):
        raise Unmet(
            sent="requests that met a fault of ours, and others.",
            saw=f"request_errors_total has {shown({m: found[m] for m in more})}, too.",
            expected="nothing there but faults of ours.",
        )
    answered = evidence.series("http_requests_total")
    if not any(dict(labels).get("status") == "400" for labels in answered):
        raise Unmet(
            sent="malformed requests, among others.",
            saw="http_requests_total knows of no 400.",
            expected="that counter to go on as it was, with route and status.",
        )


def shown(found: dict[tuple[str, str], float]) -> str:
    """Series, in words."""
    return (
        ", ".join(
            f'route="{route}", error="{error[:40]}": {value:.0f}'
            for (route, error), value in sorted(found.items())[:4]
        )
        or "no series"
    )


@check("1,000 different URLs add no series", points=1)
def test_urls_add_no_series(evidence: Evidence, seeded: random.Random) -> None:
    bound = len(TOPOLOGY) * 20  # routes times statuses, and as much again
    route = route_to(evidence.fine)
    raws = [
        http_request(
            route,
            path=seeded.choice(("/orders/", "/", "/x/")) + f"{n}-{seeded.random()}",
        )
        for n in range(URLS)
    ]
    with ThreadPoolExecutor(AT_ONCE) as clients:
        told = list(
            clients.map(lambda r: evidence.fleet.send(r, ANSWER_WITHIN_S), raws)
        )
    for name in ("http_requests_total", "request_errors_total"):
        series = evidence.series(name)
        if len(series) > bound:
            url = max((v for labels in series for _, v in labels), key=len)
            raise Unmet(
                sent=f"{URLS:,} valid requests, each with a URL of its own.",
                saw=f"{name} has {len(series):,} series; one of them has “{url[:60]}”.",
                expected="as many as before.",
                look="which of your labels takes its value from the client.",
            )
    counted = sum(evidence.series("http_requests_total").values())
    if counted < len(evidence.sent) + URLS or any(r.status != 404 for r in told):
        raise Unmet(
            sent=f"{URLS:,} requests for what does not exist.",
            saw=f"http_requests_total counts {counted:.0f} requests in all.",
            expected="every request to be counted, and 404 for each.",
        )


# --- the alert

Samples = list[list[Any]]


def scrape(
    t: float, pid: int, requests: float, failed: float | None, **errors: float
) -> dict[str, Any]:
    """One scrape; `failed` are RoutingFailed, None if there is no such series yet."""
    samples: Samples = [
        ["http_requests_total", {"route": "/orders", "status": "200"}, requests],
        ["db_query_seconds_sum", {}, requests / 100],
    ]
    if failed is not None:
        labels = {"route": "/orders", "error": "RoutingFailed"}
        samples.append(["request_errors_total", labels, failed])
    for error, value in errors.items():
        labels = {"route": "/orders", "error": error}
        samples.append(["request_errors_total", labels, value])
    return {"t": t, "replica": pid % 2, "pid": pid, "samples": samples}


@dataclass(frozen=True)
class Case:
    """Scrapes, whether the alert fires on them, and where to look if it does not."""

    what: str
    scrapes: Sequence[dict[str, Any]]
    fires: bool
    look: str


CASES = [
    Case(
        "5 of 100 requests failed in the window",
        [scrape(1, 1, 100, 0), scrape(10, 1, 200, 5)],
        True,
        "what is divided by what.",
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
        "50 requests met TimeoutError, none RoutingFailed",
        [scrape(1, 1, 100, 0, TimeoutError=0), scrape(10, 1, 200, 0, TimeoutError=50)],
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
        "what one process has counted is not to be subtracted from another's.",
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
        "a new process met failures before its first scrape",
        [
            scrape(1, 1, 1000, 0),
            scrape(9, 3, 50, 10),
            scrape(10, 1, 1010, 0),
            scrape(10, 3, 50, 10),
        ],
        True,
        "from where a process counts that was started within the window.",
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
        "no request in the window",
        [scrape(1, 1, 100, 50), scrape(10, 1, 100, 50)],
        False,
        "what there is to divide by.",
    ),
    Case("no scrapes at all", [], False, "what there is to go by."),
]


@check("The alert reads counters: increases, new processes, the right class", points=2)
def test_the_alert_reads_counters(functions: Functions) -> None:
    calls = functions.calls("routing_alert", [[case.scrapes] for case in CASES])
    for case, call in zip(CASES, calls, strict=True):
        if call.ended != "returned" or call.value is not case.fires:
            raise Unmet(
                sent=f"routing_alert(…): {case.what}.",
                saw=f"{call}.",
                expected=f"{case.fires}.",
                look=case.look,
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


def judge_firing(name: str, fires: set[int], what: str) -> None:
    """Raise Unmet unless the alert fires when it should in the incident `name`."""
    expected = "no alert: it is another cause."
    if name == "routing":
        early = [t for t in fires if t <= CALM_UNTIL]
        missing = set(range(FIRES_BY, FIRES_UNTIL + 1)) - fires
        late = [t for t in fires if t >= QUIET_FROM]
        if not (early or missing or late):
            return
        expected = (
            f"an alert by second {FIRES_BY}, until the rollback at"
            f" {FIRES_UNTIL} at least, and none from {QUIET_FROM} on or before"
            f" {CALM_UNTIL}."
        )
        look = "the length of the window." if late else "what it takes to fire."
    elif not fires:
        return
    else:
        look = "which failures are the routing code's."
    seconds = (
        f"it fires from second {min(fires)} to {max(fires)}" if fires else "no alert"
    )
    raise Unmet(
        sent=f"{what}, on the recorded incident “{name}”: {INCIDENT[name]}.",
        saw=f"{seconds}.",
        expected=expected,
        look=look,
    )


@check("On the four incidents the alert fires on the routing fault alone", points=1.5)
def test_the_alert_knows_the_incident(functions: Functions) -> None:
    for name in INCIDENTS:
        windows = scrapes_of(name, WINDOW_S)
        calls = functions.calls("routing_alert", [[w] for w in windows])
        if odd := next((c for c in calls if not isinstance(c.value, bool)), None):
            raise Unmet(
                sent=f"routing_alert(…), on the recorded incident “{name}”.",
                saw=f"{odd}.",
                expected="True or False.",
            )
        fires = {
            int(window[-1]["t"])
            for window, call in zip(windows, calls, strict=True)
            if call.value
        }
        judge_firing(name, fires, "routing_alert(…)")


@check("The same as a Prometheus rule, in promtool where there is one", points=1.5)
def test_the_rule_knows_the_incident(functions: Functions) -> None:
    call = functions.call("alert_rule")
    expected = "a rule file with one alert, RoutingExceptions."
    if not isinstance(call.value, str):
        raise Unmet(sent="alert_rule()", saw=f"{call}.", expected=expected)
    try:
        rule = read_rule(call.value)
        looked_at(rule)
        if not promtool():
            return
        for name in INCIDENTS:
            [*_, scrapes] = scrapes_of(name, 3600)
            judge_firing(name, firing_seconds(rule, scrapes), "the rule")
    except RuleUnreadable as exc:
        raise Unmet(
            sent="the text that alert_rule() returns.",
            saw=str(exc),
            expected=expected,
            look="the rule in lesson 09.",
        ) from exc


def looked_at(rule: Rule) -> None:
    """Raise RuleUnreadable if it is not the rule, whatever it may evaluate to."""
    if rule.alert != "RoutingExceptions":
        raise RuleUnreadable(f"the alert is called {rule.alert!r}.")
    for part in ("request_errors_total", "RoutingFailed", "http_requests_total"):
        if part not in rule.expr:
            raise RuleUnreadable(f"its expression does not mention {part}.")
