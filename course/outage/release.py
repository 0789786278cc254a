"""A release: the service package with some modules replaced.

The good release replaces nothing. The bad one of 5 June, a learner's fix, a planted
fault, a known right or wrong answer: each is a release on top of another. Releases that
have a name of their own are kept in course/releases/NAME/: whole modules as .py files,
and a release.toml

    about = "What it is, in a sentence."
    base = "edge"              # the release that it goes on top of; left out, "good"

    [[edits]]
    module = "app.py"
    old = "…"                  # stands exactly once in it
    new = "…"
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import course.service

from .errors import ReleaseNotFound

SERVICE = Path(__file__).parents[1] / "service"
RELEASES = Path(__file__).parents[1] / "releases"


@dataclass(frozen=True)
class Release:
    """A release called `name`; `modules` maps its own files by name to their text."""

    name: str
    modules: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the release in course/releases/`name`; "good" is the service itself.

        Raises ReleaseNotFound.
        """
        if name == "good":
            return cls(name)
        data = _release_toml(name)
        release = cls.named(data.get("base", "good")).called(name)
        for path in sorted((RELEASES / name).glob("*.py")):
            release = release.replace(path.name, path.read_text("utf-8"))
        for edit in data.get("edits", ()):
            release = release.edited(**edit)
        return release

    def called(self, name: str) -> Self:
        """Return this release under another name."""
        return replace(self, name=name)

    def replace(self, module: str, source: str) -> Self:
        """Return this release with `source` as `module`, new or in place of its own."""
        return replace(self, modules={**self.modules, module: source})

    def edited(self, module: str, old: str, new: str) -> Self:
        """Return this release with `new` in place of `old` in its `module`.

        Raises ValueError if `old` does not stand there exactly once.
        """
        try:
            source = replaced_once(self.source(module), old, new)
        except ValueError as exc:
            raise ValueError(f"{self.name}/{module}: {exc}") from exc
        return self.replace(module, source)

    def extended(self, module: str, code: str) -> Self:
        """Return this release with `code` at the end of its `module`."""
        return self.replace(module, self.source(module) + code)

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
        """Return the changes since `base` as a unified diff.

        Left out, `base` is the good release.
        """
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
        """Let this process import the modules that a named release adds to the service.

        A notebook whose cells are written for that release can then run them. Modules
        that the service has itself are not replaced.
        """
        name = self.name
        while name != "good":
            folder = str(RELEASES / name)
            if folder not in course.service.__path__:
                course.service.__path__.append(folder)
            name = _release_toml(name).get("base", "good")

    def source(self, name: str, since: str = "") -> str:
        """Return the source of module `name` in this release, empty if it has none.

        It begins with the line that holds `since`. Raises ValueError if no line does.
        """
        path = SERVICE / name
        if name in self.modules:
            text = self.modules[name]
        else:
            text = path.read_text("utf-8") if path.exists() else ""
        return text[text.rfind("\n", 0, text.index(since)) + 1 :]


def _release_toml(name: str) -> dict[str, Any]:
    """Return the contents of a named release's release.toml. Raises ReleaseNotFound."""
    path = RELEASES / name / "release.toml"
    if not path.exists():
        known = sorted(p.parent.name for p in RELEASES.glob("*/release.toml"))
        raise ReleaseNotFound(name, ["good", *known])
    return tomllib.loads(path.read_text("utf-8"))


def replaced_once(text: str, old: str, new: str) -> str:
    """Return `text` with `new` in place of `old`, which must stand in it exactly once.

    Raises ValueError, with `old` in its message, if it does not.
    """
    if (times := text.count(old)) != 1:
        raise ValueError(f"this text stands in it {times} times, not once:\n{old}")
    return text.replace(old, new)
