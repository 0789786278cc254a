"""The sealed key to the review: what a check can compare with, and nobody read."""

import tomllib

from autograder.authoring.sealing import KEY, review_key
from autograder.instruments.sealed import sealed
from autograder.judge import Exercise

EXERCISE = Exercise.named("11")
TOLD = tomllib.loads((EXERCISE.folder / "instructors/defects.toml").read_text("utf-8"))


def test_the_key_is_made_of_the_defects() -> None:
    """It is as the build makes it."""
    assert KEY.read_text("utf-8") == review_key(EXERCISE)


def test_each_defect_is_found_by_its_seal() -> None:
    """One line off, too, and with each of its kinds; two lines off, no more."""
    key = tomllib.loads(KEY.read_text("utf-8"))
    for defect in TOLD["defects"]:
        near = {line + off for line in defect["lines"] for off in (-1, 0, 1)}
        for kind in defect["kinds"]:
            for line in near:
                number = key["findings"][sealed(defect["module"], line, kind)]
                assert key["harms"][number] == defect["harm"]
            outside = sealed(defect["module"], max(near) + 1, kind)
            assert key["findings"].get(outside) in {
                None,
                *(
                    key["harms"].index(other["harm"])
                    for other in TOLD["defects"]
                    if other is not defect
                ),
            }


def test_the_key_names_no_place() -> None:
    """Neither a module nor a kind stands in it."""
    text = KEY.read_text("utf-8")
    for defect in TOLD["defects"]:
        assert defect["module"] not in text
        assert not any(f'"{kind}"' in text for kind in defect["kinds"])
