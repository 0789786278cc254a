"""The whole incident, played for real, and the figures that it must meet."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def replay(*words: str) -> dict[str, Any]:
    """The summary of one replay."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "replay", "--json", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


@pytest.mark.slow
def test_one_percent_malformed_takes_the_service_down_until_the_fix(
    tmp_path: Path,
) -> None:
    """And the database, which the log seems to accuse, is innocent."""
    picture = tmp_path / "run.svg"
    told = replay("--seed", "1", "--picture", str(picture))
    assert told["success_during"] <= 0.10
    assert set(told["exit_codes"]) == {"1"}
    assert told["timeouts"] > 0
    assert told["http_500"] > 0
    assert b"<svg" in picture.read_bytes()
    assert told["restarts"] > 1  # again: how often depends on the machine
    assert sum(told["exception_types"].values()) == told["restarts"]
    # The red herring, by the mechanism alone.
    assert told["database_errors"] >= 100
    assert told["success_before"] >= 0.999
    assert told["success_after"] >= 0.999
    assert 0 < told["alert_fired_s"] < 5
    assert told["db_ms_during"] < 5 * told["db_ms_before"] + 1


@pytest.mark.slow
def test_the_good_release_withstands_the_same_traffic() -> None:
    """No process dies, no well-formed request fails."""
    told = replay("--release", "good", "--seconds", "20")
    assert told["restarts"] == 0
    assert told["exit_codes"] == {}
    assert told["success_during"] >= 0.999
