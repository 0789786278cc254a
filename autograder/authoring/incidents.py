"""The four incidents of module 09: `python -m autograder.authoring.incidents`.

It records each on a real fleet of two replicas, with the reference signals of exercise
09, under real traffic: 10 seconds of calm, 15 of trouble, 15 of calm. The recordings
hold only the replicas' scrapes. The tests do not run this; the recordings are
committed.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import replace

from autograder.judge import Exercise, from_notebook
from course.outage import Fleet, Release
from course.outage.telemetry.events import Metric
from course.outage.telemetry.recording import INCIDENTS, incident_path, save
from course.outage.traffic.load import Load
from course.outage.traffic.retries import Retries

CALM_S, TROUBLE_S, AFTER_S = 10.0, 15.0, 15.0
CALM = Load(rate=30, malformed=0.01, seed=9, retries=Retries(retries=0))
KEPT = ("http_requests_total", "request_errors_total", "db_query_seconds", "db_pool")

BUG = """

_resolve = resolve


def resolve(header: bytes) -> Backend:
    backend = _resolve(header)
    if backend.region == "ap-south":
        raise RuntimeError("topology out of step")
    return backend
"""

# A report that somebody added to each query: a real query that no index helps.
SLOW_QUERY = """

_query_before = OrderStore._query
REPORT = '''
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000000)
SELECT count(*) FROM n
'''


async def _query(
    self: OrderStore, sql: str, *parameters: object
) -> list[aiosqlite.Row]:
    async with asyncio.timeout(0.5):
        await _query_before(self, REPORT)
        return await _query_before(self, sql, *parameters)


OrderStore._query = _query
"""

# Two look-ups at a time, and a 503 after too long a wait: a spike exceeds that.
BUSY = """

_resolve_at_once = find_backend
_places = asyncio.Semaphore(2)


async def find_backend(header: bytes) -> Backend:
    try:
        async with asyncio.timeout(0.3):
            await _places.acquire()
    except TimeoutError as exc:
        headers = {"Retry-After": "1"}
        raise HTTPException(503, "busy", headers=headers) from exc
    try:
        await asyncio.sleep(0.05)
        return _resolve_at_once(header)
    finally:
        _places.release()
"""


def reference() -> Release:
    """Return the service with the reference answer's signals."""
    exercise = Exercise.named("09")
    [answers] = from_notebook(exercise.solution)
    return exercise.release(answers, "signals")


def with_bug(release: Release) -> Release:
    """Return `release` with a routing table that has lost one region in three."""
    return release.called("topology change").extended("routing.py", BUG)


def with_slow_query(release: Release) -> Release:
    """Return `release` with a store whose queries exceed their time limit."""
    return release.called("a report").extended("store.py", SLOW_QUERY)


def small(release: Release) -> Release:
    """Return `release` limited to about 40 look-ups a second and replica."""
    imports = "import asyncio\n\nfrom fastapi import HTTPException\n"
    source = imports + release.source("boundary.py") + BUSY
    bounded = release.called("small").replace("boundary.py", source)
    return bounded.edited(
        "app.py", "return find_backend(", "return await find_backend("
    )


def changes(before: Release) -> dict[str, Callable[[Fleet], None]]:
    """Return the function that begins each incident, by the incident's name."""
    return {
        "routing": lambda fleet: fleet.deploy(with_bug(before)),
        "database": lambda fleet: fleet.deploy(with_slow_query(before)),
        "client": lambda fleet: fleet.start_traffic(
            Load(rate=50, malformed=0.4, seed=10, retries=CALM.retries)
        ),
        "spike": lambda fleet: fleet.start_traffic(
            Load(rate=200, malformed=0.01, seed=11, retries=CALM.retries)
        ),
    }


def record(name: str) -> None:
    """Run the incident `name`, and save its scrapes."""
    release = reference()
    if name == "spike":
        release = small(release)
    with Fleet(release, 2) as fleet:
        telemetry = fleet.telemetry
        fleet.start_traffic(CALM)
        telemetry.wait_for(lambda t: t.now > CALM_S, 60)
        changes(release)[name](fleet)
        telemetry.wait_for(lambda t: t.now > CALM_S + TROUBLE_S, 60)
        if name in {"routing", "database"}:
            fleet.rollback()
        fleet.start_traffic(CALM)
        telemetry.wait_for(lambda t: t.now > CALM_S + TROUBLE_S + AFTER_S, 60)
    telemetry.tries.clear()
    telemetry.probes.clear()
    telemetry.logs.clear()
    telemetry.scrapes[:] = [
        replace(scrape, metrics=only_kept(scrape.metrics))
        for scrape in telemetry.scrapes
    ]
    save(telemetry, incident_path(name))


def only_kept(metrics: Iterable[Metric]) -> list[Metric]:
    """Return those of `metrics` that the exercise looks at."""
    return [metric for metric in metrics if metric.name.startswith(KEPT)]


def main() -> None:
    """Record the incident named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("incident", nargs="?", choices=INCIDENTS)
    named = parser.parse_args().incident
    for name in [named] if named else INCIDENTS:
        record(name)
        print(f"{name}: {incident_path(name).stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
