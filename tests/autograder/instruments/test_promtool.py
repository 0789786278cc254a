"""Rule files of learners: what is taken of them, and what promtool makes of it."""

import pytest

from autograder.instruments.promtool import (
    Rule,
    RuleUnreadable,
    firing_seconds,
    promtool,
    read_rule,
)
from course.outage.telemetry.recording import INCIDENTS, scrapes_of

RULE = """
groups:
  - name: g
    rules:
      - alert: A
        expr: up == 0
        for: 5s
"""
needs_promtool = pytest.mark.skipif(not promtool(), reason="promtool is not here")


def test_one_rule_is_read() -> None:
    """Its name, its expression, how long it waits."""
    assert read_rule(RULE) == Rule("A", "up == 0", "5s")
    assert read_rule(RULE.replace("        for: 5s\n", "")).for_ == "0s"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no YAML document"),
        ("a: b", "no YAML document"),
        ("{{", "no YAML document"),
        ("[" * 3000, "no YAML document"),
        ("groups: []", "0 rules"),
        (RULE + RULE.partition("rules:\n")[2], "2 rules"),
        (RULE.replace("up == 0", "[1]"), "no `expr`"),
        (RULE.replace("5s", "soon"), "should be as 10s"),
        ("x" * 10_001, "10,001 characters"),
    ],
    ids=range(9),
)
def test_anything_else_is_refused_with_a_reason(text: str, why: str) -> None:
    """Whatever a learner may return."""
    with pytest.raises(RuleUnreadable, match=why):
        read_rule(text)


@pytest.mark.process
@needs_promtool
@pytest.mark.parametrize("incident", INCIDENTS)
def test_promtool_replays_what_was_scraped(incident: str) -> None:
    """An alert on any client error fires where there are some, at the right time."""
    [*_, scrapes] = scrapes_of(incident, 3600)
    expr = 'sum(increase(http_requests_total{status="400"}[5s])) > 20'
    fires = firing_seconds(Rule("A", expr, "0s"), scrapes)
    assert bool(fires) == (incident == "client")
    assert all(10 < second < 35 for second in fires)


@pytest.mark.process
@needs_promtool
def test_an_expression_that_is_none_is_refused() -> None:
    """With promtool's own words."""
    [*_, scrapes] = scrapes_of("routing", 3600)
    with pytest.raises(RuleUnreadable, match="unclosed left parenthesis"):
        firing_seconds(Rule("A", "sum(", "0s"), scrapes)


def test_the_recordings_are_forty_seconds_of_two_replicas() -> None:
    """One scrape a second of each that is ready; a deployment makes new processes."""
    for incident in INCIDENTS:
        [*_, scrapes] = scrapes_of(incident, 3600)
        assert {scrape["t"] for scrape in scrapes} >= {5.0, 20.0, 39.0}
        assert len({scrape["pid"] for scrape in scrapes}) >= 2
        assert {scrape["replica"] for scrape in scrapes} == {0, 1}
