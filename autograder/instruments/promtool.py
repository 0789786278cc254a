"""A Prometheus alerting rule, replayed on recorded incidents by the real promtool.

Of the learner's file only the expression and the waiting time are used: what promtool
gets is written here. It evaluates the rule once a second, on series made of what a
fleet was scraped for.
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

LONGEST_FILE = 10_000
PROMTOOL_WITHIN_S = 20.0
DURATION = re.compile(r"\d{1,6}(ms|s|m|h)")


class RuleUnreadable(Exception):
    """It is no rule file with one alert; the message says what is wrong with it."""


@dataclass(frozen=True)
class Rule:
    """One alerting rule: it fires once `expr` has given something for `for_`."""

    alert: str
    expr: str
    for_: str


def read_rule(text: str) -> Rule:
    """The one alerting rule of a rule file. Raises RuleUnreadable."""
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
    waits = str(rule.get("for", "0s"))
    if not isinstance(rule.get("expr"), str) or not isinstance(rule.get("alert"), str):
        raise RuleUnreadable("the rule has no `alert` or no `expr`, or one is no text.")
    if not DURATION.fullmatch(waits):
        raise RuleUnreadable(f"`for` is {waits!r}, and should be as 10s.")
    return Rule(rule["alert"], rule["expr"], waits)


def promtool() -> str | None:
    """Where promtool is, if it is on this machine."""
    return shutil.which("promtool")


def firing_seconds(rule: Rule, scrapes: Sequence[dict[str, Any]]) -> set[int]:
    """The seconds at which `rule` fires, if Prometheus had scraped `scrapes`.

    `scrapes` are as recording.scrapes_of has them. Raises RuleUnreadable if Prometheus
    does not take the expression; OSError without promtool.
    """
    last = max(int(scrape["t"]) for scrape in scrapes)
    rules = {"alert": rule.alert, "expr": rule.expr, "for": rule.for_}
    test = {
        "interval": "1s",
        "input_series": _series(scrapes, last),
        # Where it fires against this expectation, promtool says so, with the time.
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
        said = _run(folder, "test", "rules", "test.yml", fails=True)
    found = re.findall(r"alertname: .*?, time: (\S+),", said)
    return {_seconds(time) for time in found}


def _series(scrapes: Sequence[dict[str, Any]], last: int) -> list[dict[str, str]]:
    """Each series with its value in every second, or _ where it was not there."""
    values: dict[str, dict[int, float]] = defaultdict(dict)
    for scrape in scrapes:
        for name, labels, value in scrape["samples"]:
            told = {**labels, "instance": str(scrape["replica"])}
            pairs = ",".join(f'{key}="{text}"' for key, text in told.items())
            values[f"{name}{{{pairs}}}"][int(scrape["t"])] = value
    return [
        {
            "series": series,
            "values": " ".join(
                f"{known[t]:g}" if t in known else "_" for t in range(last + 1)
            ),
        }
        for series, known in values.items()
    ]


def _run(folder: Path, *words: str, fails: bool = False) -> str:
    """Return what promtool says.

    Raises RuleUnreadable if it fails and should not, or could run for long enough and
    has not ended; MachineTooBusy if it hardly could run.
    """
    with subprocess.Popen(
        [promtool() or "promtool", *words],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        said = _read_all(running)
    broke = running.returncode != 0 and not fails
    if broke or (fails and running.returncode and "alertname:" not in said):
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        raise RuleUnreadable(f"promtool says: {' '.join(lines[-3:])[:400]}")
    return said


def _read_all(running: subprocess.Popen[str]) -> str:
    """Return the output of promtool, once it has ended; end it when it takes long."""
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
    """A duration as Prometheus writes it, such as 1m5s."""
    units = {"h": 3600, "m": 60, "s": 1}
    parts = re.findall(r"(\d+)([hms])(?!s)", duration)
    return sum(int(count) * units[unit] for count, unit in parts)
