"""A Prometheus alerting rule, replayed on recorded incidents by the real promtool.

promtool says whether a learner's file is one that Prometheus would load. What it then
evaluates, once a second, on series made of a fleet's scrapes, is the rule in a file
that is written here.
"""

import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from course.outage.lag import NAP_S, Gauge, Limit
from course.outage.telemetry.events import Metric

LONGEST_FILE = 10_000
PROMTOOL_WITHIN_S = 10.0
# A short expression can make a long label, and much memory.
LIMITS = {resource.RLIMIT_DATA: 512 << 20, resource.RLIMIT_FSIZE: 4 << 20}
DURATION = re.compile(r"(\d{1,6}(ms|[smhdwy]))+|0")
UNIT = re.compile(r"(\d+)(ms|[smhdwy])")
DAY_S = 86_400
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600} | {
    "d": DAY_S,
    "w": 7 * DAY_S,
    "y": 365 * DAY_S,
}


class RuleUnreadable(Exception):
    """A text that is no rule file with one alert; the message says what is wrong."""


@dataclass(frozen=True)
class Rule:
    """An alerting rule: it fires once `expr` has had a result for the time `for_`.

    It goes on for the time `keep_firing_for` after that. `file` is where it was read.
    """

    alert: str
    expr: str
    for_: str = "0s"
    keep_firing_for: str = "0s"
    file: str = ""


def read_rule(text: str) -> Rule:
    """Return the one alerting rule of a rule file. Raises RuleUnreadable.

    The text is parsed, and none of it is constructed: aliases and merge keys can make a
    short text long, and tags can make anything of it.
    """
    if len(text) > LONGEST_FILE:
        raise RuleUnreadable(f"the file has {len(text):,} characters.")
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
        groups = [_fields(group) for group in _items(_fields(document)["groups"])]
        rules = [_fields(rule) for group in groups for rule in _items(group["rules"])]
    except (
        *(yaml.YAMLError, LookupError, TypeError),
        *(ValueError, OverflowError, RecursionError),
    ) as exc:
        raise RuleUnreadable(
            "it is no YAML document with `groups`, each of them with `rules`"
            f" ({type(exc).__name__})."
        ) from exc
    if len(groups) != 1 or len(rules) != 1:
        raise RuleUnreadable(f"it has {len(groups)} groups and {len(rules)} rules.")
    if any("<<" in fields for fields in (*groups, *rules)):
        raise RuleUnreadable("it has a merge key, `<<`, which is not read here.")
    told = {
        name: node.value
        for name, node in rules[0].items()
        if isinstance(node, yaml.ScalarNode)
    }
    if not told.get("expr") or not told.get("alert"):
        raise RuleUnreadable("the rule has no `alert` or no `expr`, or one is no text.")
    return Rule(
        told["alert"],
        told["expr"],
        _duration(rules[0], "for"),
        _duration(rules[0], "keep_firing_for"),
        text,
    )


def _duration(fields: Mapping[str, yaml.Node], name: str) -> str:
    """Return the duration called `name`, 0s without one. Raises RuleUnreadable."""
    if name not in fields:
        return "0s"
    node = fields[name]
    if not isinstance(node, yaml.ScalarNode) or not DURATION.fullmatch(node.value):
        raise RuleUnreadable(f"`{name}` is no duration; it should be as 10s.")
    return str(node.value)


def _fields(node: yaml.Node) -> dict[str, yaml.Node]:
    """Return the values of a mapping by their keys. Raises TypeError."""
    if not isinstance(node, yaml.MappingNode):
        raise TypeError
    return {
        key.value: value
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode)
    }


def _items(node: yaml.Node) -> list[yaml.Node]:
    """Return the items of a sequence. Raises TypeError."""
    if not isinstance(node, yaml.SequenceNode):
        raise TypeError
    return list(node.value)


def promtool() -> str | None:
    """Return the path of promtool, or None if this machine has none."""
    return shutil.which("promtool")


def firing_seconds(rule: Rule, scrapes: Sequence[dict[str, Any]]) -> set[int]:
    """Return the seconds at which `rule` fires, had Prometheus scraped `scrapes`.

    Otherwise as `firing`.
    """
    return firing(rule, {"it": scrapes})["it"]


def firing(
    rule: Rule, recordings: Mapping[str, Sequence[dict[str, Any]]]
) -> dict[str, set[int]]:
    """Return the seconds at which `rule` fires in each recording, by its name.

    A recording is what Prometheus had scraped, in the form of recording.scrapes_of.
    Raises RuleUnreadable if Prometheus rejects the rule or its file, and OSError
    without promtool.
    """
    fields = {"alert": rule.alert, "expr": rule.expr, "for": rule.for_}
    if rule.keep_firing_for != "0s":
        fields["keep_firing_for"] = rule.keep_firing_for
    group = {"groups": [{"name": "g", "interval": "1s", "rules": [fields]}]}
    tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1s",
        "tests": [_test(name, rule, seen) for name, seen in recordings.items()],
    }
    with tempfile.TemporaryDirectory(prefix="outage-rules-") as name:
        folder = Path(name)
        rules = yaml.safe_dump(group)
        (folder / "rules.yml").write_text(rules)
        (folder / "file.yml").write_text(rule.file or rules, "utf-8")
        # JSON is YAML, and written in a tenth of the time.
        text = json.dumps(tests, ensure_ascii=False)
        (folder / "test.yml").write_text(text, "utf-8", "replace")
        _run(folder, "check", "rules", "file.yml")
        output = _run(folder, "test", "rules", "test.yml", fails=True)
    fires: dict[str, set[int]] = {name: set() for name in recordings}
    for name, time in re.findall(r"name: (.*),\s+alertname: .*?, time: (\S+),", output):
        fires[name].add(int(seconds(time)))
    return fires


def _test(name: str, rule: Rule, scrapes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a test of `rule` that names each second at which it fires."""
    last = max(int(scrape["t"]) for scrape in scrapes)
    return {
        "name": name,
        "interval": "1s",
        "input_series": _series(scrapes, last),
        # Where the rule fires against this expectation, promtool prints the time.
        "alert_rule_test": [
            {"eval_time": f"{t}s", "alertname": rule.alert, "exp_alerts": []}
            for t in range(1, last + 1)
        ],
    }


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
                f"{value_at[t]:.15g}" if t in value_at else "_" for t in range(last + 1)
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
    printed = folder / "printed"
    with (
        printed.open("wb") as file,
        subprocess.Popen(
            [promtool() or "promtool", *arguments],
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
        ) as running,
    ):
        _wait(running)
    output = printed.read_text("utf-8", "replace")
    if "fatal error:" in output:  # of the language's runtime
        raise RuleUnreadable("Prometheus needs too much memory to evaluate it.")
    broke = running.returncode != 0 and not fails
    if broke or (fails and running.returncode and "alertname:" not in output):
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        raise RuleUnreadable(f"promtool says: {' '.join(lines[-3:])[:400]}")
    return output


def _wait(running: subprocess.Popen[bytes]) -> None:
    """Wait until promtool has ended, within its limits; kill it when it takes long."""
    gauge = Gauge(lambda: [running.pid])
    limit = Limit("promtool's answer", PROMTOOL_WITHIN_S, lambda: gauge.ran_s)
    try:
        if sys.platform == "linux":
            for what, bound in LIMITS.items():
                resource.prlimit(running.pid, what, (bound, bound))
        while limit.left_s():
            with suppress(subprocess.TimeoutExpired):
                running.wait(NAP_S)
                return
            gauge.tick()
    finally:
        running.kill()
    raise RuleUnreadable("Prometheus could not evaluate it in time.")


def seconds(duration: str) -> float:
    """Return the seconds of a duration in Prometheus's notation, such as 1m5s."""
    return sum(int(count) * UNITS[unit] for count, unit in UNIT.findall(duration))
