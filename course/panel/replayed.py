"""The recorded outage, played again as an animation in CSS: its processes live and die.

Each state lies on top of the one before it and appears when its time has come. Without
animation all of them are there, and one sees how it ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from course.outage.telemetry.events import Exit, ProcessEvent
from course.outage.telemetry.recording import june
from course.outage.telemetry.series import Sample, Telemetry

# A second of the page shows so many of the recording. What is shown begins a moment
# before the new release, and ends when the hotfix has served for a while.
SPEED = 3.0
BEFORE_S = 1.0
AFTER_S = 6.0
STEP_S = 1.0


@dataclass(frozen=True)
class Layer:
    """A text that appears `at_s` seconds after the animation's start, and its style."""

    at_s: float
    kind: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Life:
    """A process's life, or its `kind` of part, in percent of the width of its lane."""

    left: float
    width: float
    kind: str


@dataclass(frozen=True)
class Replayed:
    """The recording as the page shows it, for `duration_s` seconds.

    `tiles` and `lanes` hold what each replica goes through, `deaths` where on its lane
    it died, in percent. `served_path` is the area of the requests served, in a box of
    100 by 100.
    """

    duration_s: float
    seconds: int
    tiles: tuple[tuple[Layer, ...], ...]
    lanes: tuple[tuple[Life, ...], ...]
    deaths: tuple[tuple[float, ...], ...]
    served: tuple[Layer, ...]
    died: tuple[Layer, ...]
    story: tuple[Layer, ...]
    served_path: str
    in_words: str


@cache
def june_replayed() -> Replayed:
    """Return the recorded outage as an animation. Raises RecordingUnreadable."""
    return replayed(june())


def replayed(telemetry: Telemetry) -> Replayed:
    """Return a recording of an outage, from its last good release to its fix."""
    events = sorted(telemetry.processes, key=lambda event: event.t)
    deaths = telemetry.exits()
    deployed_s = next(e.t for e in events if isinstance(e, Exit))
    fixed_s = next(e.t for e in events if e.t > deaths[-1].t)
    began_s, ended_s = deployed_s - BEFORE_S, fixed_s + AFTER_S
    length_s = ended_s - began_s

    def at(t: float) -> float:
        return max(0.0, t - began_s) / SPEED

    def percent(t: float) -> float:
        return min(100.0, max(0.0, 100 * (t - began_s) / length_s))

    replicas = sorted({event.replica for event in events})
    by_replica = [[e for e in events if e.replica == replica] for replica in replicas]
    samples = [s for s in telemetry.series(STEP_S) if began_s <= s.t <= ended_s]
    died = [Layer(0.0, "", "0")]
    died += [Layer(at(end.t), "", str(i)) for i, end in enumerate(deaths, 1)]
    story = (
        Layer(0.0, "", "Two server processes answer every request."),
        Layer(at(deployed_s), "", "A new release goes out. Nothing looks wrong."),
        Layer(at(deaths[0].t), "bad", "One malformed request arrives. A process dies."),
        Layer(at(deaths[1].t), "bad", "The client tries again. The other one dies."),
        Layer(
            at(next(e.t for e in events if e.t > deaths[1].t)),
            "bad",
            "New processes start. The next malformed request is already there.",
        ),
        Layer(
            at(fixed_s),
            "good",
            "A hotfix answers such requests with 400. Nothing dies.",
        ),
    )
    return Replayed(
        duration_s=round(length_s / SPEED, 2),
        seconds=round(length_s),
        tiles=tuple(
            tuple(Layer(at(e.t), *as_state(e)) for e in own if e.t <= ended_s)
            for own in by_replica
        ),
        lanes=tuple(
            tuple(
                Life(percent(e.t), percent(after) - percent(e.t), as_state(e)[0])
                for e, after in until_next(own, ended_s)
                if not isinstance(e, Exit) and percent(after) > percent(e.t)
            )
            for own in by_replica
        ),
        deaths=tuple(
            tuple(percent(end.t) for end in deaths if end.replica == replica)
            for replica in replicas
        ),
        served=tuple(
            Layer(at(s.t + STEP_S), "", f"{s.good_rate:.0f}") for s in samples
        ),
        died=tuple(died),
        story=story,
        served_path=area([(percent(s.t + STEP_S), s) for s in samples]),
        in_words=(
            f"{length_s:.0f} seconds of a real run. Two server processes serve"
            f" {samples[0].good_rate:.0f} requests a second. A new release is deployed;"
            f" {deaths[0].t - deployed_s:.0f} seconds later a process dies, then the"
            f" other. For {fixed_s - deaths[1].t:.0f} seconds nearly nothing is served,"
            f" and {len(deaths)} processes die one after another, until a hotfix ends"
            " it."
        ),
    )


def until_next(
    events: Sequence[ProcessEvent], ended_s: float
) -> list[tuple[ProcessEvent, float]]:
    """Return each event of a replica, with the second at which its state ends."""
    times = [*(event.t for event in events), ended_s]
    ends = [after for _, after in pairwise(times)]
    return list(zip(events, ends, strict=True))


def as_state(event: ProcessEvent) -> tuple[str, str, str]:
    """Return the kind, name and detail of the state that `event` begins."""
    process = f"process {event.pid} · {event.release}"
    if not isinstance(event, Exit):
        if event.state == "ready":
            return "up", "serving", process
        return "start", "starting", process
    if event.asked:
        return "start", "replaced", process
    return "dead", "dead", f"process {event.pid} · exit code {event.exit_code}"


def area(samples: Sequence[tuple[float, Sample]]) -> str:
    """Return the SVG path of the area below the requests served a second.

    As many as at first are three quarters of the height. When clients try again all at
    once, it is cut off.
    """
    usual = samples[0][1].good_rate
    heights = [min(75 * sample.good_rate / usual, 100.0) for _, sample in samples]
    points = zip((x for x, _ in samples), heights, strict=True)
    line = " ".join(f"L{x:.1f} {100 - height:.1f}" for x, height in points)
    return f"M0 100 L0 {100 - heights[0]:.1f} {line} L{samples[-1][0]:.1f} 100 Z"
