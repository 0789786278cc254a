"""Where the submissions of a class are judged."""

import sys
from typing import Any

import pytest

from autograder.gradebook.errors import ClusterLost
from autograder.grading.cluster import RETRIES, connected
from autograder.judge import Verdict
from tests.autograder.judge.verdicts import verdict_of


class Failing:
    """A task whose first `times` judgements fail."""

    def __init__(self, times: int) -> None:
        self.left = times

    def judged(self, patience: float, seed: int | None) -> Verdict:
        """Fail, or return a verdict without checks."""
        self.left -= 1
        if self.left >= 0:
            raise OSError("no room")
        return verdict_of()


def test_this_machine_tries_again_before_it_gives_up() -> None:
    """As often as a cluster would."""
    unlucky: Any = Failing(RETRIES)
    hopeless: Any = Failing(RETRIES + 1)
    with connected(None, 1) as submit:
        judged, failed = submit(unlucky), submit(hopeless)
        assert Verdict.model_validate_json(judged.result()) == verdict_of()
        with pytest.raises(OSError, match="no room"):
            failed.result()


def test_a_cluster_without_dask_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Learners do not have it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ClusterLost, match="-m pip install distributed"),
        connected("tcp://127.0.0.1:9", None),
    ):
        pass
