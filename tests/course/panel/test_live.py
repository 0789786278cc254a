"""The line that says how things stand, on a quiet and on a busy machine."""

from course.panel.live import busy


def test_a_busy_machine_is_named_and_a_quiet_one_is_not() -> None:
    """With how long its replicas have waited."""
    assert busy(1.2) == ""
    assert "a second of the chart takes 2.4 s" in busy(2.4)
