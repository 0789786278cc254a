"""The tools and logs that lessons look at, in the plain text that they print."""

import pytest

from course.outage import Fleet, Release
from course.outage.traffic.messages import http_request
from course.panel.log import COLUMNS, log_of, print_records
from course.panel.tools import python, ruff

pytestmark = pytest.mark.process


def test_python_says_the_last_line_of_what_was_printed_or_raised() -> None:
    """With its options, such as the one that leaves assertions out."""
    code = "assert 1 > 2, 'no such shard'\nprint('first')\nprint('served')"
    assert python(code) == "AssertionError: no such shard"
    assert python(code, "-O") == "served"


def test_ruff_names_module_line_and_rule() -> None:
    """And says nothing of modules that break none of these rules."""
    swallowed = "try:\n    work()\nexcept Exception:\n    pass\n"
    assert ruff({"fine.py": "x = 1\n"}, "S110") == []
    [finding] = ruff({"fine.py": "x = 1\n", "quiet.py": swallowed}, "S110")
    assert finding.startswith("quiet.py:3:1: S110")


def test_the_log_of_a_request_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Up to the record of its answer, and in lines that fit."""
    with Fleet(Release.named("noisy"), replicas=1) as fleet:
        first, second = (log_of(fleet, http_request(b"{")) for _ in range(2))
    assert [r["event"] for r in first] == ["request.bad", "request.answered"]
    assert {r["request_id"] for r in first} != {r["request_id"] for r in second}
    print_records([*first, {"level": "error", "event": "x", "error": "long " * 40}])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["error", "info", "error"]
    assert max(map(len, lines)) == COLUMNS
