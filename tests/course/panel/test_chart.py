"""Charts as SVG: what they draw, how high they are, and whose colors they have."""

import math
import re
from xml.etree import ElementTree

import pytest

from course.outage.incident.june import JuneClock
from course.outage.telemetry import recording
from course.outage.telemetry.alert import AlertHistory, BurnRateAlert
from course.outage.telemetry.annotations import Annotation
from course.outage.telemetry.series import Telemetry
from course.panel import Run, scale
from course.panel.chart import DIED, FAILED, Line, draw, still
from course.panel.fleet_chart import FAILED as FAILED_AREA
from course.panel.fleet_chart import REFUSED, SERVED, fleet_chart
from course.panel.marks import Chart

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    """What is written in a picture, which is XML, in order."""
    found = ElementTree.fromstring(svg)
    texts = [text for text in found.iter(f"{SVG}text")]
    return [" ".join("".join(text.itertext()).split()) for text in texts]


def stacked(*columns: list[float | None], **options: object) -> str:
    """A chart of served, refused and failed tries."""
    times = [float(t) for t in range(len(columns[0]))]
    layers = list(zip((SERVED, REFUSED, FAILED_AREA), columns, strict=False))
    chart = Chart("Title", "per second", times, layers, 0.0, 10.0, **options)  # type: ignore[arg-type]
    return draw(chart, "in words")


def areas(svg: str) -> list[str]:
    """The colors of the areas that are drawn."""
    return re.findall(r'fill="url\([^"]*"\s+stroke="(#\w+)"\s+stroke-width="1.2"', svg)


def test_what_happened_in_june_is_written_into_the_picture() -> None:
    """With the time of 5 June, and no seconds of the run."""
    june = recording.june()
    history = AlertHistory(BurnRateAlert())
    history.follow(june)
    svg = fleet_chart(
        june, "June", history, JuneClock(history.fired_s or 0.0, 2.0), shown_s=100
    )
    said = words(svg)
    assert "▲ deploy bad" in said
    assert "◆ first malformed request" in said
    assert "▼ alert" in said
    assert "▲ deploy hotfix" in said
    assert "▼ alert over" in said
    assert f"died ({len(june.exits())})" in said
    assert "14:30" in said
    assert "time, UTC" in said
    assert "seconds since the fleet started" not in said
    assert len(svg) < 60_000


def test_requests_refused_as_malformed_have_a_band_of_their_own() -> None:
    """A bug that answers a third of the users with 400 is seen."""
    bug = Run.of_recording("05", "bug").picture()
    assert REFUSED.colour in areas(bug)
    assert FAILED_AREA.colour not in areas(bug)
    assert "refused (4xx)" in words(bug)


def test_a_burst_does_not_flatten_the_load() -> None:
    """It is cut off, and its height written there."""
    failed: list[float | None] = [0.0, 0.0, 400.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    none: list[float | None] = [0.0] * 8
    said = words(stacked([60.0] * 8, none, failed))
    assert "460" in said
    assert "60" in said
    assert "200" not in said


def test_nothing_and_nonsense_are_drawn_as_nothing() -> None:
    """No step, no value, not a number."""
    for svg in (
        stacked([], [], []),
        stacked([None, math.nan], [None, math.inf], [0.0, 0.0]),
        still("Empty", [FAILED, DIED], [[], [], []], "words"),
        still("Gaps", [FAILED], [[0.0, 1.0, 2.0], [1.0, None, math.nan]], "words"),
        fleet_chart(Telemetry(), "None", AlertHistory(BurnRateAlert())),
    ):
        assert not areas(svg)
        ElementTree.fromstring(svg)
        assert not re.search(r"\b(nan|inf|None)\b", re.sub(r">None<", "", svg))


def test_words_that_have_no_room_stay_out_of_each_other() -> None:
    """They are in the tooltip of their line."""
    notes = [Annotation(5.0, "deploy", f"deploy release {n}") for n in range(5)]
    ten: list[float | None] = [1.0] * 10
    svg = stacked(ten, ten, ten, notes=notes)
    shown = [text for text in words(svg) if "deploy" in text]
    assert len(shown) == 3
    assert all(f"second 5: deploy release {n}" in svg for n in range(5))


def test_text_from_a_release_is_text() -> None:
    """Whatever its name, and the title."""
    note = Annotation(1.0, "deploy", 'deploy <script>"&')
    svg = draw(Chart("<b>", "u", [0.0], [], 0.0, 2.0, notes=[note]), '"><script>')
    assert '▲ deploy <script>"&' in words(svg)
    assert "<script" not in svg


def test_lines_are_told_apart_without_colors() -> None:
    """By their dashes, in the plot and in the legend."""
    lines = [Line("one", "#009E73"), Line("two", "#D55E00", (6, 4))]
    svg = still("Lines", lines, [[0.0, 1.0], [1.0, 2.0], [2.0, 1.0]], "words")
    assert svg.count('stroke-dasharray="6 4"') == 2
    assert 'aria-label="words"' in svg


@pytest.mark.parametrize(
    ("highest", "expected"),
    [(1.2, [0, 0.5, 1.0]), (72, [0, 20, 40, 60]), (3000, [0, 1000, 2000, 3000])],
)
def test_ticks_are_round(highest: float, expected: list[float]) -> None:
    """For small and for large values."""
    assert scale.ticks(highest) == pytest.approx(expected)


def test_the_time_axis_has_round_times_of_its_clock() -> None:
    """Which are not round seconds of the run."""
    assert scale.time_ticks(0, 20, None, 4) == [
        (0.0, "0"),
        (5.0, "5"),
        (10.0, "10"),
        (15.0, "15"),
        (20.0, "20"),
    ]
    clock = JuneClock(11.25, 1 / 60)
    labels = [label for _, label in scale.time_ticks(0, 32, clock, 4)]
    assert labels == ["13:59:50", "14:00:00", "14:00:10", "14:00:20"]
