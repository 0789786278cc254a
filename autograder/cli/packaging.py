"""`outage package`: the course as learners get it, in one zip archive.

It holds what git tracks, less what would give an exercise away: solutions, held-back
checks and known answers, and with them the project's own tests and workshop.
"""

import subprocess
import zipfile
from pathlib import Path

from rich.console import Console

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
# The same archive from the same files, whenever it is made.
MADE_AT = (2024, 6, 5, 14, 0, 0)


def package(project: Path, target: Path | None, out: Console, err: Console) -> int:
    """Write the archive to `target`, or below dist/. Returns an exit code."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        err.print(
            "outage: a release is made from a git clone of the course, and this is"
            " none.",
            style="red",
        )
        return 3
    tracked = [name for name in listed.stdout.split("\0") if name]
    files = {
        name: name
        for name in tracked
        if not name.startswith(LEFT_OUT) and INSTRUCTORS not in name
    }
    files["README.md"] = files.pop(README)
    target = target or project / ARCHIVE
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w") as archive:
        for inside, name in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{INSIDE}/{inside}", MADE_AT)
            entry.external_attr = ((project / name).stat().st_mode & 0o777) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (project / name).read_bytes())
    partial.replace(target)
    size = target.stat().st_size / 2**20
    out.print(f"{target}: {len(files)} files, {size:.1f} MB", soft_wrap=True)
    return 0
