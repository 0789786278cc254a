"""Advice below a traceback, for the mistakes that everybody makes."""

import errno
import json

import pytest

from course.panel.error_advice import advice, without_libraries


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


def test_frames_of_libraries_are_left_out_except_the_one_that_raised() -> None:
    """What learners can mend is in their own."""
    with pytest.raises(json.JSONDecodeError) as raised:
        json.loads("{")
    short, left_out = without_libraries(raised.value.__traceback__)
    assert short is not None
    assert short.tb_frame.f_code.co_filename == __file__
    assert short.tb_next is not None
    assert short.tb_next.tb_frame.f_code.co_name == "raw_decode"
    assert len(left_out) == 2
