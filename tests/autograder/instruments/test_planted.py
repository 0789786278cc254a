"""Releases with planted faults: each fits its base, starts, and is what it says."""

from pathlib import Path

import pytest

from autograder.instruments.planted import Planted, planted
from course.learner.curriculum import MODULES
from course.outage import Fleet
from course.outage.traffic.messages import http_request

FILES = sorted(MODULES.glob("*/**/releases.toml"))
ALL = [(path, each) for path in FILES for each in planted(path)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "each", [each for _, each in ALL], ids=[each.release.name for _, each in ALL]
)
def test_it_starts_and_serves(each: Planted) -> None:
    """The plainest of valid requests: no fault is that plain."""
    with Fleet(each.release, 1) as fleet:
        raw = http_request(b'{"region": "eu-west", "shard": 3}')
        assert fleet.send(raw).status == 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_symptoms_and_names_differ(path: Path) -> None:
    """Of faults; and there are correct ones beside them."""
    known = planted(path)
    assert len({each.release.name for each in known}) == len(known)
    assert any(not each.family for each in known)
    assert any(each.family for each in known)


def test_an_edit_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    """Its base has changed: better now than in a learner's verdict."""
    file = tmp_path / "releases.toml"
    file.write_text(
        'base = "tested"\n[[releases]]\nname = "x"\nsymptom = "y"\n'
        '[[releases.edits]]\nmodule = "boundary.py"\nold = "not there"\nnew = ""\n'
    )
    with pytest.raises(ValueError, match=r"x/boundary\.py: .* 0 times"):
        planted(file)
