"""A Prometheus alerting rule, replayed on recorded incidents by the real promtool.

Only the expression and the waiting time of the learner's file are used: the files that
promtool reads are written here. It evaluates the rule once a second, on series made of
a fleet's scrapes.
"""

import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from course.outage.lag import NAP_S, Gauge, Limit
from course.outage.telemetry.events import Metric

LONGEST_FILE = 10_000
PROMTOOL_WITHIN_S = 20.0
DURATION = re.compile(r"\d{1,6}(ms|s|m|h)")


class RuleUnreadable(Exception):
    """A text that is no rule file with one alert; the message says what is wrong."""


@dataclass(frozen=True)
class Rule:
    """An alerting rule: it fires once `expr` has had a result for the time `for_`."""

    alert: str
    expr: str
    for_: str


def read_rule(text: str) -> Rule:
    """Return the one alerting rule of a rule file. Raises RuleUnreadable."""
    if len(text) > LONGEST_FILE:
        raise RuleUnreadable(f"the file has {len(text):,} characters.")
    try:
        rules = [
            rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]
        ]
    except (yaml.YAMLError, LookupError, TypeError, RecursionError) as exc:
        raise RuleUnreadable(
            "it is no YAML document with `groups`, each of them with `rules`"
            f" ({type(exc).__name__})."
        ) from exc
    if len(rules) != 1 or not isinstance(rules[0], dict):
        raise RuleUnreadable(f"it has {len(rules)} rules.")
    [rule] = rules
    duration = str(rule.get("for", "0s"))
    if not isinstance(rule.get("expr"), str) or not isinstance(rule.get("alert"), str):
        raise RuleUnreadable("the rule has no `alert` or no `expr`, or one is no text.")
    if not DURATION.fullmatch(duration):
        raise RuleUnreadable(f"`for` is {duration!r}, and should be as 10s.")
    return Rule(rule["alert"], rule["expr"], duration)


def promtool() -> str | None:
    """Return the path of promtool, or None if this machine has none."""
    return shutil.which("promtool")


def firing_seconds(rule: Rule, scrapes: Sequence[dict[str, Any]]) -> set[int]:
    """Return the seconds at which `rule` fires, had Prometheus scraped `scrapes`.

    `scrapes` are in the form of recording.scrapes_of. Raises RuleUnreadable if
    Prometheus rejects the expression, and OSError without promtool.
    """
    last = max(int(scrape["t"]) for scrape in scrapes)
    rules = {"alert": rule.alert, "expr": rule.expr, "for": rule.for_}
    test = {
        "interval": "1s",
        "input_series": _series(scrapes, last),
        # Where the rule fires against this expectation, promtool prints the time.
        "alert_rule_test": [
            {"eval_time": f"{t}s", "alertname": rule.alert, "exp_alerts": []}
            for t in range(1, last + 1)
        ],
    }
    with tempfile.TemporaryDirectory(prefix="outage-rules-") as name:
        folder = Path(name)
        group = {"groups": [{"name": "g", "interval": "1s", "rules": [rules]}]}
        (folder / "rules.yml").write_text(yaml.safe_dump(group))
        tests = {
            "rule_files": ["rules.yml"],
            "evaluation_interval": "1s",
            "tests": [test],
        }
        (folder / "test.yml").write_text(yaml.safe_dump(tests))
        _run(folder, "check", "rules", "rules.yml")
        output = _run(folder, "test", "rules", "test.yml", fails=True)
    times = re.findall(r"alertname: .*?, time: (\S+),", output)
    return {_seconds(time) for time in times}


def _series(scrapes: Sequence[dict[str, Any]], last: int) -> list[dict[str, str]]:
    """Return each series with its value in every second, or _ where it had none."""
    values: dict[str, dict[int, float]] = defaultdict(dict)
    for scrape in scrapes:
        for name, labels, value in scrape["samples"]:
            all_labels = {**labels, "instance": str(scrape["replica"])}
            series = str(Metric(name, all_labels, value))
            values[series][int(scrape["t"])] = value
    return [
        {
            "series": series,
            "values": " ".join(
                f"{value_at[t]:g}" if t in value_at else "_" for t in range(last + 1)
            ),
        }
        for series, value_at in values.items()
    ]


def _run(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run promtool and return its output.

    Raises RuleUnreadable if it fails (unless `fails`, where it is expected to) or has
    not ended after PROMTOOL_WITHIN_S in which it could run, and MachineTooBusy if it
    could hardly run.
    """
    with subprocess.Popen(
        [promtool() or "promtool", *arguments],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        output = _read_all(running)
    broke = running.returncode != 0 and not fails
    if broke or (fails and running.returncode and "alertname:" not in output):
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        raise RuleUnreadable(f"promtool says: {' '.join(lines[-3:])[:400]}")
    return output


def _read_all(running: subprocess.Popen[str]) -> str:
    """Return promtool's output once it has ended, or kill it when it takes too long."""
    gauge = Gauge(lambda: [running.pid])
    limit = Limit("promtool's answer", PROMTOOL_WITHIN_S, lambda: gauge.ran_s)
    try:
        while limit.left_s():
            with suppress(subprocess.TimeoutExpired):
                return running.communicate(timeout=NAP_S)[0]
            gauge.tick()
    finally:
        running.kill()
    raise RuleUnreadable("Prometheus could not evaluate it in time.")


def _seconds(duration: str) -> int:
    """Return the whole seconds of a duration in Prometheus's notation, such as 1m5s."""
    units = {"h": 3600, "m": 60, "s": 1}
    parts = re.findall(r"(\d+)([hms])(?!s)", duration)
    return sum(int(count) * units[unit] for count, unit in parts)
