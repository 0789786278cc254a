"""What a fleet did, kept in a file: each event as it was reported, one JSON line each.

course/recordings/june.jsonl.gz is one run of `./outage replay --record FILE`, for
exercises whose answers must be the same for everybody. Nothing in it was written by
hand; the paths of the machine that recorded it are shortened. The four incidents
beside it, of which only what was scraped is kept, are runs of
`python -m autograder.incidents`.
"""

import gzip
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .errors import RecordingUnreadable
from .telemetry import Telemetry

RECORDINGS = Path(__file__).parents[1] / "recordings"
JUNE = RECORDINGS / "june.jsonl.gz"

# A fault in the routing code, a slow database, a bad client, a spike of traffic.
INCIDENTS = ("routing", "database", "client", "spike")
EVERY_S = 1.0


def june() -> Telemetry:
    """The recorded outage: good release, June's release, malformed traffic, the fix."""
    return load(JUNE)


def incident_path(name: str) -> Path:
    """Where the incident `name` lies."""
    return RECORDINGS / f"incident-{name}.jsonl.gz"


def scrapes_of(name: str, window_s: float) -> list[list[dict[str, Any]]]:
    """The incident `name`, second by second: what a look at that moment has to go by.

    That is the scrapes of the last `window_s` seconds, one a second of each replica, in
    the order of time: `t`, `replica`, `pid`, and `samples`, each of them [name, labels,
    value]. Raises RecordingUnreadable.
    """
    latest: dict[tuple[int, int], dict[str, Any]] = {}
    for scrape in load(incident_path(name)).scrapes:
        latest[int(scrape["t"] / EVERY_S), scrape["replica"]] = scrape
    kept = [
        {"t": (second + 1) * EVERY_S, "replica": replica, "pid": scrape["pid"]}
        | {"samples": [_sample(*item) for item in scrape["metrics"].items()]}
        for (second, replica), scrape in sorted(latest.items())
    ]
    return [
        [s for s in kept if now - window_s <= s["t"] <= now]
        for now in sorted({scrape["t"] for scrape in kept})
    ]


def _sample(key: str, value: float) -> list[Any]:
    name, _, labels = key.partition("{")
    return [name, dict(re.findall(r'(\w+)="([^"]*)"', labels)), value]


def save(telemetry: Telemetry, path: Path) -> None:
    """Write all that `telemetry` has seen to `path`, gzipped."""
    events = sorted(_events(telemetry), key=lambda event: float(event["t"]))
    text = "".join(json.dumps(event) + "\n" for event in events)
    for folder, short in _machine():
        text = text.replace(folder, short)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def load(path: Path) -> Telemetry:
    """The telemetry that was saved at `path`. Raises RecordingUnreadable."""
    telemetry = Telemetry()
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                telemetry.add(json.loads(line))
    except (OSError, EOFError, ValueError, KeyError, TypeError) as exc:
        raise RecordingUnreadable(path) from exc
    if not telemetry.processes:
        raise RecordingUnreadable(path)
    return telemetry


def _events(telemetry: Telemetry) -> Iterator[dict[str, Any]]:
    for try_ in telemetry.tries:
        yield {"kind": "try", "t": try_.done, **asdict(try_)}
    yield from telemetry.processes
    yield from telemetry.scrapes
    yield from telemetry.probes
    yield from telemetry.log_entries()


def _machine() -> list[tuple[str, str]]:
    """The folders of this machine that tracebacks name, and what stands for each."""
    project = str(Path(__file__).parents[2])
    return [
        (f"{sys.prefix}/lib", "…/lib"),
        (f"{sys.base_prefix}/lib", "…/lib"),
        (f"{project}/", ""),
    ]
