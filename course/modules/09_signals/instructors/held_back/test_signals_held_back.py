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
from autograder.instruments.observe import BACKENDS, logged, metrics, plant, request_for
from autograder.instruments.plugin import StartFleet
from autograder.instruments.promtool import (
    RuleUnreadable,
    firing_seconds,
    promtool,
    read_rule,
)
from course.outage import Fleet, Release
from course.outage.telemetry.recording import scrapes_of
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.wire import Response

WINDOW_S = 10

PLANTED = """

_get = OrderStore.get


async def get(self: OrderStore, backend: Backend, order_id: str) -> Order | None:
    if (backend.region, backend.shard) == {backend!r}:
        raise ExceptionGroup(order_id, [OSError("one"), ValueError("two")])
    return await _get(self, backend, order_id)


OrderStore.get = get
"""


@dataclass
class Evidence:
    """The fault that each request met, and its answer; the replica still runs."""

    fleet: Fleet
    answers: list[tuple[str, Response]]

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
    fleet = start_fleet(buggy.extended("store.py", PLANTED.format(backend=grouped)))
    faults = [("RoutingFailed", request_for(backend)) for backend in bugs.values()]
    for n in range(3):
        raw = request_for(grouped).replace(b"/orders ", b"/orders/u%d " % n)
        faults.append(("ExceptionGroup", raw))
    seeded.shuffle(faults)
    return Evidence(fleet, [(kind, fleet.send(raw, 3.0)) for kind, raw in faults])


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

    for kind, answer in evidence.answers:
        require(answer.status == 500)
        request_id = (answer.headers or {}).get("x-request-id", "")
        evidence.fleet.telemetry.wait_for(partial(logged_of, request_id), 1.5)
        found = evidence.errors(request_id)
        require(len(found) == 1 and kind in str(found[0].get("exception")))


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
    require(len(grouped) == 1 and "{order_id}" in str(grouped[0]) and len(series) == 2)


def drawn(rng: random.Random) -> tuple[list[dict[str, Any]], float]:
    """Scrapes of two replicas, one of which may be replaced; the share that failed."""
    scrapes: list[dict[str, Any]] = []
    requests = failed = 0
    restarts = rng.random() < 0.5
    share = rng.choice([0.0, 0.002, 0.03, 0.2])
    state = {}
    for replica in (0, 1):
        state[replica] = [rng.randint(1, 99) + 100 * replica, rng.randint(0, 9000), 0]
        state[replica][2] = rng.randint(0, state[replica][1])
    for t in range(1, 11):
        for replica, told in state.items():
            if restarts and replica == 1 and t == 6:
                told[:] = [told[0] + 1000, 0, 0]
            if t > 1:
                more = rng.randint(80, 120)
                bad = round(more * share)
                told[1] += more
                told[2] += bad
                requests, failed = requests + more, failed + bad
            pid, count, errors = told
            half = count // 2
            samples = [
                ["http_requests_total", {"route": "/a", "status": "200"}, half],
                ["http_requests_total", {"route": "/b", "status": "200"}, count - half],
            ]
            if errors:
                labels = {"error": "RoutingFailed", "route": "/a"}
                samples.append(["request_errors_total", labels, errors])
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
    cases = [drawn(seeded) for _ in range(60)]
    calls = functions.calls("routing_alert", [[scrapes] for scrapes, _ in cases])
    for (_, share), call in zip(cases, calls, strict=True):
        require(call.value is (share > 0.01))


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
    look="what your function goes by.",
)
def test_incidents_in_disguise(functions: Functions, seeded: random.Random) -> None:
    for name, fires in (("database", True), ("routing", False)):
        scrapes = disguised(name, seeded)
        windows = [
            [s for s in scrapes if now - WINDOW_S <= s["t"] <= now]
            for now in sorted({s["t"] for s in scrapes})
        ]
        calls = functions.calls("routing_alert", [[w] for w in windows])
        require(all(isinstance(call.value, bool) for call in calls))
        require(any(call.value for call in calls[15:25]) is fires)


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
    try:
        rule = read_rule(str(functions.call("alert_rule").value))
        for name, fires in (("database", True), ("routing", False)):
            found = firing_seconds(rule, disguised(name, seeded))
            require(any(15 <= t <= 25 for t in found) is fires)
    except RuleUnreadable:
        require(met=False)
