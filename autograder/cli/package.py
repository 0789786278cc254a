"""`outage package`: the course as learners get it, in one zip archive.

It holds the files that git tracks, without those that would give an exercise away
(solutions, held-back checks and known answers) and without the project's own tests and
workshop.
"""

import subprocess
import zipfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.files import whole

from .errors import NotPossibleHere
from .shared import PROJECT, out

ARCHIVE = "dist/outage-course.zip"
INSIDE = "outage-course"
README = "autograder/cli/learners/README.md"
# In the folder of each module: held-back checks and known answers.
INSTRUCTORS = "/instructors/"
LEFT_OUT = (
    "solutions/",
    "tests/",
    "autograder/source/",
    "autograder/authoring/template/",
    "autograder/hub/",
    "course/matrix.md",  # names wrong answers
    "README.md",  # the archive has one of its own
    ".ci/",
    "CONTRIBUTING.md",
    ".gitignore",
    "requirements-test.lock",
)
# A fixed date, so that the same files always make the same archive.
MADE_AT = (2024, 6, 5, 14, 0, 0)


def package(
    to: Annotated[
        Path | None, typer.Option(help="The archive; left out, one below dist/.")
    ] = None,
) -> None:
    """Write the learners' archive to the path `to`, by default below dist/."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise NotPossibleHere(
            "a release is made from a git clone of the course, and this is none."
        )
    tracked = [name for name in listed.stdout.split("\0") if name]
    files = {
        name: name
        for name in tracked
        if not name.startswith(LEFT_OUT) and INSTRUCTORS not in name
    }
    files["README.md"] = files.pop(README)
    target = to or PROJECT / ARCHIVE
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole(target) as partial, zipfile.ZipFile(partial, "w") as archive:
        for inside, name in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{INSIDE}/{inside}", MADE_AT)
            entry.external_attr = ((PROJECT / name).stat().st_mode & 0o777) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (PROJECT / name).read_bytes())
    size = target.stat().st_size / 2**20
    out.print(f"{target}: {len(files)} files, {size:.1f} MB", soft_wrap=True)
