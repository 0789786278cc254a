"""What a fleet did, kept in a file: each event as it was reported, one JSON line each.

course/recordings/june.jsonl.gz is one run of `./outage replay --record FILE`, for
exercises whose answers must be the same for everybody. Nothing in it was written by
hand; the paths of the machine that recorded it are shortened. The four incidents
beside it, of which only what was scraped is kept, are runs of
`python -m autograder.authoring.incidents`. The lesson-NN.jsonl.gz are the runs of
lessons, kept by `./outage build --record`: each with what happened in it and when. Of
what was logged they have the last words of processes, and of errors and warnings no
more than level and event: thousands of tracebacks would be most of the file.
"""

import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
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
    """Holds what is kept of a lesson's run: its moments (s), and telemetry by name.

    `title` is that of its last chart.
    """

    name: str
    title: str
    marks: dict[str, float]
    fleets: dict[str, Telemetry]


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
    latest: dict[tuple[int, int], Scrape] = {}
    for scrape in load(incident_path(name)).scrapes:
        latest[int(scrape.t / EVERY_S), scrape.replica] = scrape
    kept: list[dict[str, Any]] = [
        {"t": (second + 1) * EVERY_S, "replica": replica, "pid": scrape.pid}
        | {"samples": [_sample(*item) for item in scrape.metrics.items()]}
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
    _write(_events(telemetry), path)


def load(path: Path) -> Telemetry:
    """The telemetry that was saved at `path`. Raises RecordingUnreadable."""
    return _telemetry(_read(path), path)


def scenes_path(lesson: str) -> Path:
    """Return where the runs of `lesson`, such as "01", are kept."""
    return RECORDINGS / f"lesson-{lesson}.jsonl.gz"


def save_scenes(scenes: Iterable[Scene], path: Path) -> None:
    """Write `scenes` to `path`. Runs of one fleet share its events: the longest's."""
    lines: list[dict[str, Any]] = []
    longest: dict[float, tuple[int, Telemetry]] = {}
    for scene in scenes:
        numbers = {}
        for name, telemetry in scene.fleets.items():
            # The first process of a fleet tells it from others.
            fleet = telemetry.processes[0].pid
            number, known = longest.get(fleet, (len(longest), telemetry))
            longest[fleet] = number, max(known, telemetry, key=lambda t: t.now)
            numbers[name] = number, telemetry.now
        about = {"name": scene.name, "title": scene.title, "marks": scene.marks}
        lines.append({"kind": "scene", **about, "fleets": numbers})
    for number, telemetry in longest.values():
        lines += ({**event, "fleet": number} for event in _events(telemetry, False))
    _write(lines, path)


def load_scene(lesson: str, name: str) -> Scene:
    """Return the run `name` of `lesson`, as it was kept. Raises RecordingUnreadable."""
    path = scenes_path(lesson)
    lines = _read(path)
    kept = [line for line in lines if line["kind"] == "scene" and line["name"] == name]
    if not kept:
        raise RecordingUnreadable(path)
    about = {field: kept[0][field] for field in Scene.__dataclass_fields__}
    fleets = {}
    for fleet, (number, now) in about.pop("fleets").items():
        events = (e for e in lines if e.get("fleet") == number and e["t"] <= now)
        fleets[fleet] = _telemetry(events, path)
        fleets[fleet].now = now
    return Scene(fleets=fleets, **about)


def _write(events: Iterable[dict[str, Any]], path: Path) -> None:
    text = "".join(json.dumps(event) + "\n" for event in events)
    for folder, short in _machine():
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
    """Return all events in order of time; if not `whole`, the log is shortened."""
    return sorted(_each(telemetry, whole), key=lambda event: float(event["t"]))


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


def _each(telemetry: Telemetry, whole: bool) -> Iterator[dict[str, Any]]:
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


def _machine() -> list[tuple[str, str]]:
    """The folders of this machine that tracebacks name, and what stands for each."""
    project = str(Path(__file__).parents[3])
    return [
        (f"{sys.prefix}/lib", "…/lib"),
        (f"{sys.base_prefix}/lib", "…/lib"),
        (f"{project}/", ""),
    ]
