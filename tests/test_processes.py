"""A test that says that it starts no process is held to it."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.processes import ProcessStarted, refused

WAYS: dict[str, Callable[[], object]] = {
    "subprocess": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    "fork": lambda: os.fork() or os._exit(0),
    "posix_spawn": lambda: os.posix_spawn(sys.executable, [sys.executable], {}),
    "system": lambda: os.system("true"),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_process_is_started_where_that_is_refused(way: str) -> None:
    """Whichever way is tried."""
    with pytest.raises(ProcessStarted, match="mark the test"), refused():
        WAYS[way]()


def test_a_refusal_that_is_swallowed_fails_all_the_same() -> None:
    """As by code that goes on when it cannot start a helper."""
    with (
        pytest.raises(ProcessStarted, match="mark the test"),
        refused(),
        suppress(ProcessStarted),
    ):
        os.system("true")
