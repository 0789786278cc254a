"""The same promises with other exceptions, drawn scrapes, and incidents in disguise.

Nothing here may reach a learner: see course/modules/README.md.
"""

import random
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions
from autograder.instruments.observe import (
    BACKENDS,
    drawn_message,
    drawn_name,
    logged,
    metrics,
    names,
    plant,
    request_for,
)
from autograder.instruments.plugin import StartFleet
from autograder.instruments.promtool import (
    RuleUnreadable,
    firing,
    promtool,
    read_rule,
)
from course.outage import Fleet, Release
from course.outage.telemetry.recording import scrapes_of
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.wire import Response

WINDOW_S = 10

PLANTED = """

{name}_get = OrderStore.get


async def {name}(self: OrderStore, backend: Backend, order_id: str) -> Order | None:
    if (backend.region, backend.shard) == {backend!r}:
        raise ExceptionGroup({message!r}, [OSError("one"), ValueError(order_id)])
    return await {name}_get(self, backend, order_id)


OrderStore.get = {name}
"""


@dataclass
class Evidence:
    """What each fault came through, and the answer to it; the replica still runs."""

    fleet: Fleet
    answers: list[tuple[tuple[str, str], Response]]

    def errors(self, request_id: str) -> list[dict[str, Any]]:
        told = [r for r in logged(self.fleet) if r.get("request_id") == request_id]
        return [r for r in told if r["level"] in {"error", "critical"}]


@pytest.fixture(scope="module")
def evidence(
    release: Release, start_fleet: StartFleet, seeded: random.Random
) -> Evidence:
    buggy, bugs = plant(release, seeded, ("OSError", "Unheard"))
    left = [backend for backend in BACKENDS if backend not in bugs.values()]
    grouped = seeded.choice(left)
    name = drawn_name(seeded)
    code = PLANTED.format(name=name, backend=grouped, message=drawn_message(seeded))
    fleet = start_fleet(buggy.extended("store.py", code))
    faults = [
        (("find_backend", "backend_of"), request_for(backend))
        for backend in bugs.values()
    ]
    for n in range(3):
        raw = request_for(grouped).replace(b"/orders ", b"/orders/u%d " % n)
        faults.append(((name, "get_order"), raw))
    seeded.shuffle(faults)
    return Evidence(fleet, [(through, fleet.send(raw, 3.0)) for through, raw in faults])


@guards(
    "test_our_fault_is_logged_once",
    sent="requests that meet exceptions of other classes, on other routes.",
    saw="not exactly one record of level error for each, with traceback and id.",
    expected="the same as for those above.",
    look="which exceptions your layer knows.",
)
def test_other_faults(evidence: Evidence) -> None:
    def logged_of(request_id: str, _: Telemetry) -> bool:
        return bool(evidence.errors(request_id))

    for through, answer in evidence.answers:
        require(answer.status == 500)
        request_id = (answer.headers or {}).get("x-request-id", "")
        evidence.fleet.telemetry.wait_for(partial(logged_of, request_id), 1.5)
        found = evidence.errors(request_id)
        require(len(found) == 1 and names(found[0], *through))


@guards(
    "test_faults_are_counted",
    sent="requests that meet exceptions of other classes, on other routes.",
    saw="request_errors_total without a series for one of them, or with too many.",
    expected="one for each route and class.",
    look="what your labels are made of.",
)
def test_other_faults_are_counted(evidence: Evidence) -> None:
    counted = metrics(evidence.fleet, 3.0)
    series = [m for m in counted if m.name == "request_errors_total" and m.labels]
    grouped = [m for m in series if m.labels.get("error") == "ExceptionGroup"]
    require(len(grouped) == 1 and "{order_id}" in str(grouped[0]))
    require(sum(m.value != 0 for m in series) == 2)


SHARES = (0.0, 0.007, 0.013, 0.2)
ROUTES = ("a", "b")


def drawn(
    rng: random.Random, seconds: int, share: float
) -> tuple[list[dict[str, Any]], float]:
    """Scrapes of two replicas with two routes each; what share failed since the first.

    About `share` of all fail, half of that in one place, as far as there is room. A
    replica may be started anew.
    """
    scrapes: list[dict[str, Any]] = []
    places = [(replica, route) for replica in (0, 1) for route in ROUTES]
    more = {place: rng.choice([1000, 1000, 4000]) for place in places}
    wrong = {place: round(share * n / 2) for place, n in more.items()}
    bad = rng.choice(places)
    wrong[bad] += min(more[bad] // 2, round(share * sum(more.values()) / 2))
    counts = {place: rng.randint(0, 9000) for place in places}
    errors = {place: rng.choice([0, count // 2]) for place, count in counts.items()}
    pids = [rng.randint(2, 99), rng.randint(100, 199)]
    anew = rng.choice([0, seconds // 2])
    requests = failed = 0
    for t in range(1, seconds + 1):
        if t == anew:
            pids[1] += 1000
            for route in ROUTES:
                counts[1, route] = errors[1, route] = 0
        for place in places:
            counts[place] += more[place]
            errors[place] += wrong[place]
            if t > 1:
                requests, failed = requests + more[place], failed + wrong[place]
        for replica, pid in enumerate(pids):
            samples: list[list[Any]] = []
            for route in ROUTES:
                count, error = counts[replica, route], errors[replica, route]
                for status, n in (("200", count // 2), ("500", count - count // 2)):
                    labels = {"route": f"/{route}", "status": status}
                    samples.append(["http_requests_total", labels, n])
                if error:
                    labels = {"error": "RoutingFailed", "route": f"/{route}"}
                    samples.append(["request_errors_total", labels, error])
            scrapes.append(
                {"t": float(t), "replica": replica, "pid": pid, "samples": samples}
            )
    return scrapes, failed / requests


@guards(
    "test_the_alert_reads_counters",
    sent="routing_alert(…) with drawn counters of two replicas.",
    saw="an alert on less than 1%, or none on more.",
    expected="the condition of the exercise.",
    look="counters that begin again, and what is added up.",
)
def test_drawn_scrapes(functions: Functions, seeded: random.Random) -> None:
    cases = [drawn(seeded, 10, share) for share in SHARES * 12]
    calls = functions.calls("routing_alert", [[scrapes] for scrapes, _ in cases])
    for (_, share), call in zip(cases, calls, strict=True):
        require(call.ended == "returned" and bool(call.value) is (share > 0.01))


def disguised(name: str, seeded: random.Random) -> list[dict[str, Any]]:
    """The scrapes of an incident; two classes of exceptions have changed names."""
    other = seeded.choice(["TimeoutError", "DatabaseError", "RoutingFailedBefore"])
    names = {"RoutingFailed": other, "TimeoutError": "RoutingFailed"}
    [*_, scrapes] = scrapes_of(name, 3600)
    for scrape in scrapes:
        for _, labels, _ in scrape["samples"]:
            if "error" in labels:
                labels["error"] = names.get(labels["error"], labels["error"])
    return scrapes


@guards(
    "test_the_alert_knows_the_incident",
    sent="routing_alert(…) on other incidents.",
    saw="no alert on a fault in the routing code, or an alert on something else.",
    expected="as on the recorded ones.",
    look="what your function bases its answer on.",
)
def test_incidents_in_disguise(functions: Functions, seeded: random.Random) -> None:
    for name, fires in (("database", True), ("routing", False)):
        scrapes = disguised(name, seeded)
        windows = [
            [s for s in scrapes if now - WINDOW_S <= s["t"] <= now]
            for now in sorted({s["t"] for s in scrapes})
        ]
        calls = functions.calls("routing_alert", [[w] for w in windows])
        require(all(call.ended == "returned" for call in calls))
        require(any(bool(call.value) for call in calls[15:25]) is fires)


@guards(
    "test_the_rule_knows_the_incident",
    sent="the rule, on other incidents, in promtool.",
    saw="no alert on a fault in the routing code, or an alert on something else.",
    expected="as on the recorded ones.",
    look="what your expression selects.",
)
def test_the_rule_on_incidents_in_disguise(
    functions: Functions, seeded: random.Random
) -> None:
    if not promtool():
        return
    recordings = {name: disguised(name, seeded) for name in ("database", "routing")}
    made_up = {f"{share}": drawn(seeded, 40, share)[0] for share in SHARES}
    try:
        rule = read_rule(str(functions.call("alert_rule").value))
        fires = firing(rule, recordings | made_up)
        require(any(15 <= t <= 25 for t in fires["database"]))
        require(not any(15 <= t <= 25 for t in fires["routing"]))
        for share in SHARES:
            steady = {t in fires[f"{share}"] for t in range(35, 41)}
            require(steady == {share > 0.01})
    except RuleUnreadable:
        require(met=False)
