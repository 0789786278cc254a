"""Advice below a traceback, for the mistakes that everybody makes."""

import errno

import pytest

from course.panel.error_advice import advice


def test_a_name_that_is_missing_may_have_gone_with_the_kernel() -> None:
    """After a restart, or with the wrong cell run first."""
    with pytest.raises(NameError) as raised:
        fleet.close()  # type: ignore[name-defined] # noqa: F821
    assert "“fleet” is not defined in this kernel" in advice(raised.value)
    assert "Run All Above Selected Cell" in advice(raised.value)


def test_a_full_disk_is_named() -> None:
    """And where to look."""
    error = OSError(errno.ENOSPC, "No space left on device")
    assert "./outage doctor" in advice(error)


def test_other_errors_speak_for_themselves() -> None:
    """Advice on everything would be advice on nothing."""
    for error in (FileNotFoundError(2, "no"), UnboundLocalError("x"), ValueError()):
        assert advice(error) == ""
