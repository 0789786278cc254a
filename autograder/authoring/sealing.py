"""Seals what learners have and should not read: outages to solve, defects to find.

The outages are the known wrong answers of exercise 13 that are called outage_*. They
are only encoded, so that nobody reads one by accident. The defects of exercise 11 are
sealed: a check can tell whether a finding is one of them, and nobody reads them there.
"""

import base64
import json
import tomllib
from collections.abc import Iterable

from autograder.instruments.sealed import sealed
from autograder.judge import Exercise
from course.learner.curriculum import MODULES

from .known import Case

KEY = MODULES / "11_review" / "checks" / "key.toml"


def seal(known: Iterable[Case]) -> str:
    """Return the text of the sealed file: the outages among the `known` answers."""
    texts = [
        case.answers["lookups"]
        for case in sorted(known, key=lambda case: case.name)
        if case.name.startswith("wrong/outage_")
    ]
    return base64.encodebytes(json.dumps(texts).encode()).decode()


def review_key(exercise: Exercise) -> str:
    """Return the text of the sealed key to the review, from instructors/defects.toml.

    `findings` are the seals of (module, line, kind), each with the number of its harm;
    `places` those of (module, line), with what to say to a finding of another kind.
    """
    path = exercise.folder / "instructors" / "defects.toml"
    told = tomllib.loads(path.read_text("utf-8"))
    harms = sorted(defect["harm"] for defect in told["defects"])
    findings: dict[str, int] = {}
    places: dict[str, str] = {}
    for defect in told["defects"]:
        module, lines = defect["module"], defect["lines"]
        number = harms.index(defect["harm"])
        for line in {line + off for line in lines for off in (-1, 0, 1)}:
            for kind in defect["kinds"]:
                findings[sealed(module, line, kind)] = number
        for line in lines:
            places[sealed(module, line)] = (
                f"that is not what goes wrong there: {harms[number]}."
            )
    for right in told["right"]:
        for line in right["lines"]:
            places[sealed(right["module"], line)] = right["why"]
    return "\n".join(
        [
            "# Made by `outage build` from ../instructors/defects.toml. Do not edit.",
            f"harms = {json.dumps(harms, indent=2)}",
            "\n[findings]",
            *(f'"{seal}" = {findings[seal]}' for seal in sorted(findings)),
            "\n[places]",
            *(f'"{seal}" = {json.dumps(places[seal])}' for seal in sorted(places)),
            "",
        ]
    )
