"""What the logs of the recorded outage say of its crashes."""

import pytest

from course.outage.telemetry.crashes import (
    crashes,
    last_exception,
    last_words,
    outline,
    service_frames,
    tracebacks,
)
from course.outage.telemetry.recording import june
from course.outage.telemetry.series import Telemetry


@pytest.fixture(scope="module")
def told() -> Telemetry:
    return june()


def test_last_words_lead_from_the_process_to_the_origin(told: Telemetry) -> None:
    """The frames of the service alone, outermost first."""
    crash = crashes(told)[0]
    frames = service_frames(last_words(told, crash.pid))
    assert frames[0].startswith("__main__.py:")
    assert frames[-1] == crash.place


def test_a_process_that_left_no_word_has_none(told: Telemetry) -> None:
    """And no frames."""
    assert last_words(told, pid=-1) == []
    assert service_frames([]) == []


def test_an_outline_has_exceptions_and_no_frames(told: Telemetry) -> None:
    """The last of them is the one that the traceback ends with."""
    longest = max(tracebacks(told), key=len)
    lines = outline(longest)
    assert (
        "During handling of the above exception, another exception occurred:" in lines
    )
    assert last_exception(longest) in lines
    assert not any("File " in line or "await " in line for line in lines)


def test_text_without_an_exception_ends_with_none() -> None:
    """As a log line that breaks off does."""
    assert last_exception('  File "app.py", line 1') == ""
