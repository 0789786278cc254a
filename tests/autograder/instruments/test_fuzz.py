"""What learner code sends can fail a check, and never break it.

Hypothesis writes what the judge reads from learner code: answers in HTTP, log lines,
metrics, reports of functions and of suites, notebooks. `OUTAGE_FUZZ=10000` tries as
many examples of each.
"""

import json
import math
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import h11
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.instruments.functions import Call, call_of
from autograder.instruments.observe import read_metrics, spoken
from autograder.instruments.sandboxed import report_of
from autograder.instruments.suites import SuiteRun, run_of
from autograder.judge.answers import from_notebook
from autograder.judge.errors import NotebookUnreadable
from autograder.judge.verdict import Feedback
from course.outage.fleet.replica import record_of
from course.outage.telemetry.crashes import crashes, database_errors
from course.outage.telemetry.events import Exit
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.wire import LONGEST_REPLY, Reader, Response

fuzzed = settings(
    max_examples=int(os.environ.get("OUTAGE_FUZZ", "200")),
    deadline=None,
    database=None,
    derandomize="OUTAGE_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)

NO_NUMBERS = ("NaN", "nan", "Infinity", "-Infinity", "1e999", "-1e999", "1_0", "0x1")
NUMBERS = st.sampled_from(["0", "1", "-1", "1e-999", "9" * 20, "9" * 5000, *NO_NUMBERS])
TEXTS = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["\ud800", "\x00", "\x1b[2J", "\u202e", "[/nope]", "\u2028", "\\", '"', "{", "}"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=8,
)


def objects(*names: str) -> st.SearchStrategy[str]:
    """Draw JSON objects with some of these names, as text; a few are cut."""
    whole = st.dictionaries(st.sampled_from(names) | TEXTS, JSON, max_size=5)
    cut = st.tuples(whole.map(json.dumps), st.integers(0, 60))
    deep = st.integers(1, 5000).map(lambda n: '{"event":' + "[" * n + "]" * n + "}")
    numbers = st.tuples(st.sampled_from(names), NUMBERS).map(
        lambda pair: f'{{"{pair[0]}": {pair[1]}}}'
    )
    return whole.map(json.dumps) | cut.map(lambda c: c[0][: c[1]]) | deep | numbers


HEADERS = st.tuples(
    st.sampled_from(
        ["Content-Length", "Transfer-Encoding", "Connection", "Retry-After", "X"]
    ),
    NUMBERS | TEXTS | st.sampled_from(["chunked", "gzip", "5, 5", "5, 6", "close"]),
).map(lambda pair: f"{pair[0]}: {pair[1]}")
CHUNKS = st.tuples(
    st.sampled_from(["2", "0", "-1", "f" * 15, "f" * 30, "2;x=y", "zz", ""]), TEXTS
).map(lambda pair: f"{pair[0]}\r\n{pair[1]}\r\n")
STATUSES = ("200", "204", "304", "404", "500", "99", "1000", "-1", "100", "101", "٢٠٠")
HTTP = st.tuples(
    st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/2", "http/1.1", ""]),
    st.sampled_from(STATUSES),
    TEXTS,
    st.lists(HEADERS, max_size=4),
    st.lists(CHUNKS, max_size=3),
).map(
    lambda p: (
        f"{p[0]} {p[1]} {p[2]}\r\n{''.join(h + chr(13) + chr(10) for h in p[3])}\r\n"
        + "".join(p[4])
    ).encode("utf-8", "surrogatepass")
)


@fuzzed
@given(st.lists(HTTP | st.binary(max_size=60), max_size=4))
def test_any_answer_is_a_response_or_a_reset(parts: list[bytes]) -> None:
    """Whatever the bytes are, and wherever they are cut."""
    reader = Reader()
    try:
        for part in [*(part for part in parts if part), b""]:
            if response := reader.take(part):
                break
    except h11.RemoteProtocolError:
        return
    assert isinstance(response, Response)
    assert 200 <= (response.status or 0) < 600
    assert len(response.body) <= LONGEST_REPLY
    assert all(
        isinstance(text, str) for pair in response.headers.items() for text in pair
    )
    assert str(response)
    assert isinstance(response.text, str)


RECORDS = st.fixed_dictionaries(
    {"level": JSON | st.just("error"), "event": JSON},
    optional={"exception": JSON, "logger": JSON, "request_id": JSON, "status": JSON},
).map(json.dumps)


@fuzzed
@given(st.lists(RECORDS | objects("event", "level", "exception"), max_size=4))
def test_any_line_of_the_log_is_a_record(lines: list[str]) -> None:
    """It goes to the owner as JSON; instruments and feedback read it."""
    telemetry = Telemetry()
    for line in lines:
        record = json.loads(json.dumps(record_of(line)))
        event = {"kind": "log", "t": 0.0, "replica": 0, "pid": 1, "record": record}
        telemetry.add(event)
    telemetry.processes.append(Exit(0.0, 0, 1, "exited", "bad", 1, False))
    assert len(crashes(telemetry)) == 1
    database_errors(telemetry)
    records = [entry.record for entry in telemetry.log_entries()]
    for record in spoken(records):
        assert {record["level"], record["event"]}  # both can be looked up in a set
        assert Feedback(saw=str(record["event"])).model_dump_json()


NAMES = st.sampled_from(
    ["http_requests_total", "db_pool_in_use", "a_bucket", "a_sum", "t", "é", "9"]
)
LABELS = st.lists(
    st.tuples(st.sampled_from(["route", "t", "le", "kind", "__name__", "é"]), TEXTS)
).map(lambda pairs: ",".join(f"{name}={json.dumps(text)}" for name, text in pairs))
KINDS = st.sampled_from(["counter", "gauge", "histogram", "summary", "info", "x", ""])
SAMPLES = (
    st.tuples(NAMES, LABELS, NUMBERS).map(lambda p: f"{p[0]}{{{p[1]}}} {p[2]}")
    | st.tuples(NAMES, KINDS).map(lambda p: f"# TYPE {p[0]} {p[1]}")
    | st.tuples(NAMES | TEXTS, TEXTS).map(lambda p: f"# HELP {p[0]} {p[1]}")
)


@fuzzed
@given(
    st.lists(SAMPLES | TEXTS, max_size=6).map("\n".join)
    | st.binary(max_size=60).map(lambda data: data.decode("utf-8", "replace"))
)
def test_any_metrics_are_numbers_or_none(text: str) -> None:
    """They go to the owner as JSON, and become a scrape."""
    try:
        metrics = read_metrics(text)
    except ValueError:
        return
    telemetry = Telemetry()
    event = {"kind": "scrape", "t": 0.0, "replica": 0, "pid": 1, "metrics": metrics}
    telemetry.add(json.loads(json.dumps(event)))
    for metric in telemetry.scrapes[0].metrics:
        assert isinstance(metric.value, float)
        assert math.isfinite(metric.value)
        assert {metric.name, *metric.labels, *metric.labels.values()}
        assert Feedback(saw=str(metric)).model_dump_json()


@fuzzed
@given(objects("returned", "raised", "no_json", "missing", "stopped") | TEXTS)
def test_any_report_of_a_function_is_a_call(line: str) -> None:
    """Learner code may have written it."""
    call, _ = call_of(report_of(line.encode("utf-8", "surrogatepass")))
    assert isinstance(call, Call)
    assert isinstance(call.error, str)
    # No number in it is none, so that a comparison with it means something.
    assert not re.search(r"\b(NaN|Infinity)\b", json.dumps(plain(call.value)))
    assert Feedback(saw=str(call)).model_dump_json()


def plain(value: Any) -> Any:
    """Return `value` without texts, whose words are no numbers."""
    if isinstance(value, dict):
        return [plain(v) for v in value.values()]
    if isinstance(value, list):
        return [plain(v) for v in value]
    return None if isinstance(value, str) else value


@fuzzed
@given(st.lists(objects("test", "outcome", "stopped", "unread", "busy"), max_size=5))
def test_any_reports_of_a_suite_are_a_run(lines: list[str]) -> None:
    """A test's name may be anything, and what is no outcome counts for nothing."""
    run = run_of([report_of(line.encode()) for line in lines])
    assert isinstance(run, SuiteRun)
    for text in (*run.passed, *run.failed, run.stopped):
        assert Feedback(saw=text).model_dump_json()


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | JSON,
        "source": JSON | st.lists(TEXTS),
        "metadata": st.fixed_dictionaries(
            {
                "nbgrader": st.fixed_dictionaries(
                    {}, optional={"grade_id": JSON, "solution": JSON}
                )
            }
        )
        | JSON,
        "outputs": JSON,
        "execution_count": JSON,
        "id": JSON,
    },
)
NOTEBOOKS = st.fixed_dictionaries(
    {"cells": st.lists(CELLS, max_size=3) | JSON},
    optional={
        "nbformat": st.sampled_from([3, 4, 5]) | JSON,
        "nbformat_minor": st.sampled_from([0, 5, 99]) | JSON,
        "metadata": st.just({}) | JSON,
    },
)


@fuzzed
@given(NOTEBOOKS.map(json.dumps).map(str.encode) | st.binary(max_size=60))
def test_any_notebook_has_answers_or_is_unreadable(data: bytes) -> None:
    """And the answers are text by their names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "notebook.ipynb")
        path.write_bytes(data)
        try:
            found = from_notebook(path)
        except NotebookUnreadable:
            return
    for answers in found:
        for name, text in answers.items():
            assert isinstance(name, str)
            assert isinstance(text, str)
