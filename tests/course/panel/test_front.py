"""The front page: it leads everywhere, and says how things stand."""

import re

from course.learner import Journal, Progress
from course.outage.telemetry.recording import june
from course.panel.front import as_bundle, stops
from course.panel.replayed import june_replayed
from tests.conftest import PROJECT


def front_page(journal: Journal) -> tuple[str, str]:
    """The page of that learner, as text and as HTML."""
    bundle = as_bundle(Progress.of(journal))
    return bundle["text/plain"], bundle["text/html"]


def test_every_link_leads_to_a_notebook() -> None:
    """From where the front page lies; to each lesson and exercise, and onward."""
    _, html = front_page(Journal(None))
    here = PROJECT / "course" / "notebooks"
    links = re.findall(r'href="([^"]+)"', html)
    assert len(links) == 1 + 2 * 13
    assert all((here / link).is_file() for link in links)


def test_it_shows_what_is_done_and_what_is_next() -> None:
    """A tick for what is done, a score, and one way onward."""
    journal = Journal(None)
    journal.tell("lesson", number="01")
    journal.tell("verdict", exercise="01_page", score=6, points=10, passed=False)
    text, html = front_page(journal)
    assert "✓ Lesson 01" in html
    assert "6 of 10 points" in html
    assert html.count("<b>Continue</b>") == 1
    assert "<span>Exercise 01 · The page</span>" in html
    assert "Next: exercise 01" in text
    # Who has begun has seen the replay, and can start it.
    assert '<input type="checkbox"> Play' in html


def test_when_everything_is_done_nothing_is_next() -> None:
    """All stations are ticked."""
    journal = Journal(None)
    for part in Progress.of(journal).parts:
        if part.kind == "lesson":
            journal.tell("lesson", number=part.number)
        else:
            done = {"score": 10, "points": 10, "passed": True}
            journal.tell("verdict", exercise=part.name, **done)
    _, html = front_page(journal)
    assert "Everything is done." in html
    assert "<b>Continue</b>" not in html
    assert len(re.findall(r'class="station done', html)) == 13


def test_the_timeline_has_every_event_and_module() -> None:
    """In the order of the clock, then of the course."""
    modules = Progress.of(Journal(None)).modules
    line = list(stops(modules))
    assert [stop.module for stop in line if stop.module] == list(modules)
    times = [stop.time for stop in line if stop.event]
    assert times == sorted(times)
    assert (times[0], times[-1]) == ("14:00", "15:30")


def test_the_replay_is_the_recording() -> None:
    """Each death is where it was; nearly nothing is served in between."""
    replay, recorded = june_replayed(), june()
    assert sum(map(len, replay.deaths)) == len(recorded.exits())
    assert replay.died[-1].text == str(len(recorded.exits()))
    assert replay.story[2].at_s == replay.died[1].at_s
    assert [layer.kind for layer in replay.tiles[0]].count("dead") == len(
        [end for end in recorded.exits() if end.replica == 0]
    )
    assert {layer.text for layer in replay.served} >= {"0"}
