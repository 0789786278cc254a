"""Releases that differ from a known one by a few lines, as a TOML file tells.

base = "tested"                     # the release that all of them start from

[[releases]]
name = "forgets a type"
family = "the malformed"            # what the fault is about; "" if there is none
symptom = "one kind of malformed header is answered with 500"

[[releases.edits]]
module = "boundary.py"
old = '''…'''                       # stands exactly once in it
new = '''…'''
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from course.outage import Release


@dataclass(frozen=True)
class Planted:
    """A release with a fault, or, with no `family`, a correct one built another way.

    `symptom` says what somebody would notice, and not how to find it; of a correct one
    what is different about it.
    """

    family: str
    symptom: str
    release: Release


def planted(path: Path) -> list[Planted]:
    """The releases of the file at `path`. ValueError if an edit does not fit."""
    data = tomllib.loads(path.read_text("utf-8"))
    base = Release.named(data["base"])
    return [
        Planted(
            told.get("family", ""),
            told["symptom"],
            _edited(base, told["name"], told.get("edits", [])),
        )
        for told in data["releases"]
    ]


def _edited(base: Release, name: str, edits: list[dict[str, str]]) -> Release:
    release = base.called(name)
    for edit in edits:
        release = release.edited(**edit)
    return release
