"""Releases that differ from a named one by a few lines, read from a TOML file.

base = "tested"                     # the release that all of them start from

[[releases]]
name = "forgets a type"
family = "the malformed"            # what the fault is about; "" if there is none
symptom = "one kind of malformed header is answered with 500"

[[releases.edits]]
module = "boundary.py"
old = '''…'''                       # occurs exactly once in it
new = '''…'''
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from course.outage import Release


@dataclass(frozen=True)
class Planted:
    """A release with a fault, or, without a `family`, a correct one built another way.

    `symptom` says what somebody would notice, and not how to find it; for a correct
    release, what is different about it.
    """

    family: str
    symptom: str
    release: Release


def planted(path: Path) -> list[Planted]:
    """Read the releases in the file at `path`. Raises ValueError if an edit misfits."""
    data = tomllib.loads(path.read_text("utf-8"))
    base = Release.named(data["base"])
    return [
        Planted(
            entry.get("family", ""),
            entry["symptom"],
            _edited(base, entry["name"], entry.get("edits", [])),
        )
        for entry in data["releases"]
    ]


def _edited(base: Release, name: str, edits: list[dict[str, str]]) -> Release:
    release = base.called(name)
    for edit in edits:
        release = release.edited(**edit)
    return release
