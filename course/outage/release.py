"""A release: the service package with some modules replaced.

The good release replaces nothing. The bad one of 5 June, a learner's fix, a planted
fault, a known right or wrong answer: each is a release on top of another.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import course.service

from .errors import ReleaseNotFound

SERVICE = Path(__file__).parents[1] / "service"
RELEASES = Path(__file__).parents[1] / "releases"


@dataclass(frozen=True)
class Release:
    """`modules` maps a file name of the service to its source in this release."""

    name: str
    modules: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def named(cls, name: str) -> Self:
        """The release in course/releases/`name`; "good" is the service as it stands.

        Raises ReleaseNotFound.
        """
        if name == "good":
            return cls(name)
        known = sorted(p.name for p in RELEASES.iterdir() if any(p.glob("*.py")))
        if name not in known:
            raise ReleaseNotFound(name, ["good", *known])
        sources = (RELEASES / name).glob("*.py")
        return cls(name, {p.name: p.read_text("utf-8") for p in sorted(sources)})

    def replace(self, name: str, modules: Mapping[str, str]) -> Self:
        """A release called `name`: this one, with `modules` on top."""
        return type(self)(name, {**self.modules, **modules})

    def write(self, folder: Path) -> None:
        """Write the whole package to `folder`, ready for `python -m course.service`."""
        package = folder / "course" / "service"
        package.mkdir(parents=True)
        (folder / "course" / "__init__.py").touch()
        for source in SERVICE.glob("*.py"):
            (package / source.name).write_bytes(source.read_bytes())
        for name, text in self.modules.items():
            # A learner's text may hold anything, lone surrogates too: Python itself
            # must be the one to refuse it, when the replica starts.
            (package / name).write_bytes(text.encode("utf-8", "surrogatepass"))

    def diff(self, base: "Release | None" = None) -> str:
        """What changed since `base` (the good release), as a unified diff."""
        old = base or Release("good")
        return "".join(
            line
            for name in sorted({*old.modules, *self.modules})
            for line in difflib.unified_diff(
                old.source(name).splitlines(keepends=True),
                self.source(name).splitlines(keepends=True),
                f"{old.name}/{name}",
                f"{self.name}/{name}",
            )
        )

    def make_importable(self) -> None:
        """Let this process import what the named release adds to the service.

        For a notebook, whose cells are written for that release: they can be run there
        to define what they define. What the service has itself is not replaced.
        """
        folder = str(RELEASES / self.name)
        if folder not in course.service.__path__:
            course.service.__path__.append(folder)

    def source(self, name: str, since: str = "") -> str:
        """The text of module `name` in this release, empty if it has none.

        From the line on that holds `since`. Raises ValueError if no line does.
        """
        path = SERVICE / name
        if name in self.modules:
            text = self.modules[name]
        else:
            text = path.read_text("utf-8") if path.exists() else ""
        return text[text.rfind("\n", 0, text.index(since)) + 1 :]
