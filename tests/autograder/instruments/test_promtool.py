"""Rule files of learners: what is taken of them, and what promtool makes of it."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert read_rule(RULE) == Rule("A", "up == 0", "5s", file=RULE)
    assert read_rule(RULE.replace("        for: 5s\n", "")).for_ == "0s"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no YAML document"),
        ("a: b", "no YAML document"),
        ("{{", "no YAML document"),
        ("[" * 3000, "no YAML document"),
        ("groups: []", "0 groups and 0 rules"),
        (RULE + RULE.partition("rules:\n")[2], "1 groups and 2 rules"),
        (RULE.replace("up == 0", "[1]"), "no `expr`"),
        (RULE.replace("5s", "soon"), "should be as 10s"),
        (RULE.replace("5s", "[&a [1], *a]"), "should be as 10s"),
        (RULE + "        <<: {expr: up}", "merge key"),
        (RULE + "---" + RULE, "no YAML document"),
        (RULE.replace("A", '"\\UFFFFFFFF"'), "no YAML document"),
        (RULE.replace("up == 0", "!!python/name:os.system"), "no `expr`"),
        ("%YAML 1." + "9" * 5000, "no YAML document"),
        ("x" * 10_001, "10,001 characters"),
    ],
    ids=range(15),
)
def test_anything_else_is_refused_with_a_reason(text: str, why: str) -> None:
    """Whatever a learner may return."""
    with pytest.raises(RuleUnreadable, match=why):
        read_rule(text)


def nested(how: str) -> str:
    """A short document whose last line is millions of items long, by reference."""
    lines = ["a0: &a0 " + how % "x: 1"]
    lines += [
        f"a{n}: &a{n} " + how % ", ".join([f"*a{n - 1}"] * 9) for n in range(1, 9)
    ]
    return "\n".join(lines)


BOMBS = {
    "aliases": nested("[%s]") + "\ngroups: *a8",
    "merge keys": nested("{<<: [%s]}").replace("[x: 1]", "{x: 1}") + "\ngroups: *a8",
    "an alias as a duration": nested("[%s]") + RULE.replace("5s", "*a8"),
    "an alias as a name": nested("[%s]") + RULE.replace("A", "*a8"),
    "deep lists": "groups: " + "[" * 1_000,
    "deep mappings": "groups: " + "{a: " * 2_400,
    "deep blocks": "- " * 4_900,
    "documents": "---\n" * 2_400,
    "tags": "groups: " + "!!python/tuple [" * 90,
    "a huge number": RULE.replace("5s", "9" * 9_000),
    "a huge text": RULE.replace("5s", "|\n" + " " * 9_000),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_short_text_stays_small(text: str) -> None:
    """However it refers to itself: what it stands for is never built."""
    tracemalloc.start()
    try:
        with pytest.raises(RuleUnreadable):
            read_rule(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 << 20


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [*"&*!|>%@{}[]:-?,#'\"\n ", "a", "groups", "rules", "<<", ": ", "- ", "\\U"]
        )
    ).map("".join)
    | st.text(max_size=20).map(lambda text: RULE.replace("5s", text))
    | st.text(max_size=20).map(lambda text: RULE.replace("up == 0", text))
)
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    """Nothing else may leave the parser."""
    with suppress(RuleUnreadable):
        assert read_rule(text).alert


@pytest.mark.process
@needs_promtool
def test_an_expression_cannot_take_the_machine() -> None:
    """A label that grows eightfold twelve times; a file that Prometheus refuses."""
    [*_, scrapes] = scrapes_of("routing", 3600)
    expr = 'label_replace(http_requests_total, "x", "abcdefgh", "", "")'
    for _ in range(12):
        expr = f'label_replace({expr}, "x", "{"${1}" * 8}", "x", "(.*)")'
    with pytest.raises(RuleUnreadable, match="too much memory"):
        firing_seconds(Rule("A", expr), scrapes)
    with pytest.raises(RuleUnreadable, match="field never not found"):
        firing_seconds(read_rule(RULE + "        never: 1s"), scrapes)


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
