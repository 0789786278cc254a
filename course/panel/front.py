"""The front page: the recorded outage, where the learner stands, and the way on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from IPython.display import display
from jinja2 import Environment, FileSystemLoader

from course.learner import Journal, Module, Progress
from course.outage.incident.june import ALERT_AT, TIMELINE, JuneClock
from course.outage.telemetry.recording import june

from .live import picture_of
from .next_part import next_as_bundle
from .replayed import SPEED, june_replayed

HERE = Path(__file__).parent
AFTERWARDS = "after"


@dataclass(frozen=True)
class Stop:
    """A stop on the timeline: its time of day, what happened, and the module there."""

    time: str
    event: str
    module: Module | None = None


def front_page() -> None:
    """Show the front page as of now."""
    display(as_bundle(Progress.of(Journal.here())), raw=True)


def as_bundle(progress: Progress) -> dict[str, str]:
    """Return the front page as a bundle that notebooks display."""
    return {"text/plain": as_text(progress), "text/html": as_html(progress)}


def as_text(progress: Progress) -> str:
    """Return the page as plain text: a line for each module, then the next part."""
    lines = []
    for module in progress.modules:
        parts = (f"{p.label}: {progress.state(p) or 'to do'}" for p in module.parts)
        lines.append(f"{module.number} · {module.title} ({', '.join(parts)})")
    return "\n".join([*lines, next_as_bundle(progress)["text/plain"]])


def as_html(progress: Progress) -> str:
    """Return the page as HTML, in which each part links to its notebook."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page: str = environment.get_template("front.html.j2").render(
        css=(HERE / "front.css").read_text("utf-8"),
        progress=progress,
        done=[part for part in progress.parts if progress.is_done(part)],
        title={part.label: m.title for m in progress.modules for part in m.parts},
        stops=list(stops(progress.modules)),
        replay=june_replayed(),
        speed=SPEED,
        picture=chart(),
    )
    return page


def stops(modules: tuple[Module, ...]) -> Iterator[Stop]:
    """Yield the incident's timeline with the modules on it, then those of later."""
    left = list(modules)
    clock = JuneClock(0.0, 1.0)
    for minutes, event in TIMELINE.items():
        time = clock.text(float(minutes))
        here = next((module for module in left if module.clock == time), None)
        if here is not None:
            left.remove(here)
        yield Stop(time, event[0].upper() + event[1:], here)
    for module in left:
        yield Stop(AFTERWARDS, "", module)


@cache
def chart() -> str:
    """Return the chart of the recorded outage. Raises RecordingUnreadable."""
    return picture_of(june(), f"The outage of {ALERT_AT:%-d %B %Y}, rebuilt (recorded)")
