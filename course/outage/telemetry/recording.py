"""Recordings of fleets: a file holds each event as it was reported, one JSON line each.

course/recordings/june.jsonl.gz is one run of `./outage replay --record FILE`, for
exercises whose answers must be the same for everybody. Nothing in it was written by
hand; the paths of the machine that recorded it are shortened. The four incidents
beside it are runs of `python -m autograder.authoring.incidents`, of which only the
scrapes are kept. The lesson-NN.jsonl.gz are the runs of lessons, kept by `./outage
build --record`, each with its events and when its moments were. Of the log they keep
the last words of processes; of errors and warnings they keep only level and event,
because thousands of tracebacks would be most of the file.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from course.outage.errors import RecordingUnreadable

from .events import Scrape
from .series import Telemetry

RECORDINGS = Path(__file__).parents[2] / "recordings"
JUNE = RECORDINGS / "june.jsonl.gz"

# A fault in the routing code, a slow database, a bad client, a spike of traffic.
INCIDENTS = ("routing", "database", "client", "spike")
EVERY_S = 1.0


@dataclass(frozen=True)
class Scene:
    """A lesson's run as it is kept: its moments, and the telemetry by fleet.

    `marks` holds the second of each moment. `title` is that of the run's last chart.
    """

    name: str
    title: str
    marks: dict[str, float]
    fleets: dict[str, Telemetry]


def june() -> Telemetry:
    """Return the recorded outage: good release, June's, malformed traffic, the fix."""
    return load(JUNE)


def incident_path(name: str) -> Path:
    """Return the path of the recorded incident `name`."""
    return RECORDINGS / f"incident-{name}.jsonl.gz"


def scrapes_of(name: str, window_s: float) -> list[list[dict[str, Any]]]:
    """Return the scrapes of the incident `name` that are known at each of its seconds.

    For each second these are the scrapes of the last `window_s` seconds, one a second
    of each replica, in the order of time: `t`, `replica`, `pid`, and `samples`, each of
    them [name, labels, value]. Raises RecordingUnreadable.
    """
    scrapes: list[dict[str, Any]] = [
        {"t": (second + 1) * EVERY_S, "replica": replica, "pid": scrape.pid}
        | {"samples": [[m.name, dict(m.labels), m.value] for m in scrape.metrics]}
        for (second, replica), scrape in _scrapes(incident_path(name))
    ]
    return [
        [s for s in scrapes if now - window_s <= s["t"] <= now]
        for now in sorted({scrape["t"] for scrape in scrapes})
    ]


@cache
def _scrapes(path: Path) -> list[tuple[tuple[int, int], Scrape]]:
    """Return the last scrape of each second and replica at `path`, in their order."""
    latest: dict[tuple[int, int], Scrape] = {}
    for scrape in load(path).scrapes:
        latest[int(scrape.t / EVERY_S), scrape.replica] = scrape
    return sorted(latest.items(), key=itemgetter(0))


def save(telemetry: Telemetry, path: Path) -> None:
    """Write all events of `telemetry` to `path`, gzipped."""
    _write(_events(telemetry), path)


def load(path: Path) -> Telemetry:
    """Return the telemetry saved at `path`. Raises RecordingUnreadable."""
    return _telemetry(_read(path), path)


def scenes_path(lesson: str) -> Path:
    """Return the path at which the runs of `lesson`, such as "01", are kept."""
    return RECORDINGS / f"lesson-{lesson}.jsonl.gz"


def save_scenes(scenes: Iterable[Scene], path: Path) -> None:
    """Write `scenes` to `path`; runs of one fleet share the events of the longest."""
    lines: list[dict[str, Any]] = []
    longest: dict[float, tuple[int, Telemetry]] = {}
    for scene in scenes:
        numbers = {}
        for name, telemetry in scene.fleets.items():
            # The first process of a fleet tells it from others.
            fleet = telemetry.processes[0].pid
            number, so_far = longest.get(fleet, (len(longest), telemetry))
            longest[fleet] = number, max(so_far, telemetry, key=lambda t: t.now)
            numbers[name] = number, telemetry.now
        about = {"name": scene.name, "title": scene.title, "marks": scene.marks}
        lines.append({"kind": "scene", **about, "fleets": numbers})
    for number, telemetry in longest.values():
        lines += ({**event, "fleet": number} for event in _events(telemetry, False))
    _write(lines, path)


def load_scene(lesson: str, name: str) -> Scene:
    """Return the run `name` of `lesson` as it is kept. Raises RecordingUnreadable."""
    path = scenes_path(lesson)
    lines = _read(path)
    scenes = [e for e in lines if e["kind"] == "scene" and e["name"] == name]
    if not scenes:
        raise RecordingUnreadable(path)
    about = {field: scenes[0][field] for field in Scene.__dataclass_fields__}
    fleets = {}
    for fleet, (number, now) in about.pop("fleets").items():
        events = (e for e in lines if e.get("fleet") == number and e["t"] <= now)
        fleets[fleet] = _telemetry(events, path)
        fleets[fleet].now = now
    return Scene(fleets=fleets, **about)


def _write(lines: Iterable[dict[str, Any]], path: Path) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    for folder, short in _folders_of_this_machine():
        text = text.replace(folder, short)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        if all(line["kind"] for line in lines):
            return lines
    except (OSError, EOFError, ValueError, KeyError, TypeError) as exc:
        raise RecordingUnreadable(path) from exc
    raise RecordingUnreadable(path)


def _events(telemetry: Telemetry, whole: bool = True) -> list[dict[str, Any]]:
    """Return all events in the order of time; if not `whole`, shorten the log."""
    return sorted(_by_kind(telemetry, whole), key=lambda event: float(event["t"]))


def _telemetry(events: Iterable[dict[str, Any]], path: Path) -> Telemetry:
    telemetry = Telemetry()
    try:
        for event in events:
            telemetry.add(event)
    except (KeyError, TypeError) as exc:
        raise RecordingUnreadable(path) from exc
    telemetry.end()
    if not telemetry.processes:
        raise RecordingUnreadable(path)
    return telemetry


def _by_kind(telemetry: Telemetry, whole: bool) -> Iterator[dict[str, Any]]:
    for try_ in telemetry.tries:
        yield {"kind": "try", "t": try_.done, **asdict(try_)}
    for beat in telemetry.beats:
        yield {"kind": "beat", **asdict(beat)}
    for event in telemetry.processes:
        yield {"kind": "process", **asdict(event)}
    for scrape in telemetry.scrapes:
        yield {"kind": "scrape", **asdict(scrape)}
    for probe in telemetry.probes:
        yield {"kind": "probe", **asdict(probe)}
    for entry in telemetry.log_entries():
        record = entry.record
        if not whole and "level" in record:
            if record["level"] == "info":
                continue
            record = {name: record.get(name) for name in ("level", "event")}
        yield {"kind": "log", **asdict(entry), "record": record}


def _folders_of_this_machine() -> list[tuple[str, str]]:
    """Return the folders here that tracebacks name, each with its short form."""
    project = str(Path(__file__).parents[3])
    return [
        (f"{sys.prefix}/lib", "…/lib"),
        (f"{sys.base_prefix}/lib", "…/lib"),
        (f"{project}/", ""),
    ]
