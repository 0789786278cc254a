"""Releases with planted faults: each fits its base, starts, and is what it says."""

import random
from pathlib import Path

import pytest

from autograder.instruments.planted import Planted, planted
from course.learner.curriculum import MODULES
from course.outage import Fleet
from course.outage.traffic.messages import http_request

FILES = sorted(MODULES.glob("*/**/releases.toml"))
ALL = [(path, each) for path in FILES for each in planted(path, random.Random(1))]


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
    known = planted(path, random.Random(1))
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
        planted(file, random.Random(1))


def test_a_word_of_a_fault_is_drawn(tmp_path: Path) -> None:
    """The same for the same seed, and in no file."""
    file = tmp_path / "releases.toml"
    file.write_text(
        'base = "tested"\n[[releases]]\nname = "x"\nsymptom = "y"\n[[releases.edits]]\n'
        'module = "boundary.py"\nold = "request.refused"\nnew = "A_DRAWN_WORD"\n'
    )
    sources = [
        planted(file, random.Random(seed))[0].release.source("boundary.py")
        for seed in (1, 1, 2)
    ]
    assert sources[0] == sources[1] != sources[2]
    assert "A_DRAWN_WORD" not in "".join(sources)
