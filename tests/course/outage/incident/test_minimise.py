"""Delta debugging: what is left fails, and nothing of it can go."""

import random

import pytest

from course.outage.incident.minimise import minimise


def test_what_matters_is_left() -> None:
    """In its order, and nothing else."""
    assert "".join(minimise("xxaxxxbxx", lambda p: {"a", "b"} <= set(p))) == "ab"


def test_no_single_part_can_go() -> None:
    """Whatever the failure depends on."""
    rng = random.Random(1)
    for _ in range(50):
        needed = set(rng.sample(range(40), rng.randint(1, 6)))
        left = minimise(range(40), lambda parts, n=needed: n <= set(parts))
        assert set(left) == needed


def test_what_does_not_fail_cannot_be_shrunk() -> None:
    """It is said so."""
    with pytest.raises(ValueError, match="does not fail"):
        minimise("abc", lambda parts: False)
