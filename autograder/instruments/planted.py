"""Releases that differ from a named one by a few lines, read from a TOML file.

base = "tested"                     # the release that all of them start from

[[releases]]
name = "forgets a type"
family = "the malformed"            # what the fault is about; "" if there is none
symptom = "one kind of malformed header is answered with 500"

[[releases.edits]]
module = "boundary.py"
old = '''…'''                       # occurs exactly once in it
new = '''…'''                       # A_DRAWN_WORD in it is another in each verdict
"""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

from course.outage import Release

from .observe import drawn_name

WORD = "A_DRAWN_WORD"


@dataclass(frozen=True)
class Planted:
    """A release with a fault, or, without a `family`, a correct one built another way.

    `symptom` says what somebody would notice, and not how to find it; for a correct
    release, what is different about it.
    """

    family: str
    symptom: str
    release: Release


def planted(path: Path, rng: random.Random) -> list[Planted]:
    """Read the releases in the file at `path`. Raises ValueError if an edit misfits.

    What a fault writes is drawn: it is not to be known by its words.
    """
    data = tomllib.loads(path.read_text("utf-8"))
    base = Release.named(data["base"])
    return [
        Planted(
            entry.get("family", ""),
            entry["symptom"],
            _edited(base, entry["name"], entry.get("edits", []), drawn_name(rng)),
        )
        for entry in data["releases"]
    ]


def _edited(
    base: Release, name: str, edits: list[dict[str, str]], word: str
) -> Release:
    release = base.called(name)
    for edit in edits:
        release = release.edited(**edit | {"new": edit["new"].replace(WORD, word)})
    return release
