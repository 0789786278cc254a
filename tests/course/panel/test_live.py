"""The line that says how things stand, on a quiet and on a busy machine."""

from course.panel.live import busy


def test_a_busy_machine_is_named_and_a_quiet_one_is_not() -> None:
    """With how long its replicas have waited."""
    assert busy(0.2) == ""
    assert "replicas waited 0.6 s of the last second for a processor" in busy(0.6)
