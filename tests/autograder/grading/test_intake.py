"""Submissions as instructors have them, and what is not taken in."""

import os
import random
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from autograder.gradebook.errors import IntakeRefused
from autograder.gradebook.submissions import LARGEST_NOTEBOOK, notes_on
from autograder.grading.intake import take_in
from autograder.judge import Exercise
from autograder.printable import printable

EXERCISE = Exercise.named("05")
NAME = EXERCISE.name
NOTEBOOK = EXERCISE.notebook.name


def laid(folder: Path, *paths: str) -> Path:
    """A folder in which these files hold their own path."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    return folder


def taken(source: Path, tmp_path: Path) -> dict[str, str]:
    """What each student has handed in after `source` was taken in."""
    submitted = tmp_path / "submitted"
    take_in(source, EXERCISE, submitted, tmp_path / "set_aside")
    return {p.parts[-3]: p.read_text() for p in submitted.glob(f"*/{NAME}/{NOTEBOOK}")}


@pytest.mark.parametrize(
    "paths",
    [
        (f"alyssa/{NAME}/{NOTEBOOK}", f"ben/{NAME}/{NOTEBOOK}"),
        (f"alyssa/{NOTEBOOK}", "ben/my work.ipynb"),
        ("alyssa.ipynb", f"ben_{NOTEBOOK}"),
        (f"class/alyssa/{NOTEBOOK}", f"class/ben/{NOTEBOOK}"),
        ("class/alyssa.ipynb", "class/ben.ipynb"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_each_way_to_hand_in_is_understood(
    paths: tuple[str, str], packed: bool, tmp_path: Path
) -> None:
    """As a folder, or as an archive of it."""
    source = laid(tmp_path / "in", *paths)
    if packed:
        archive = tmp_path / "in.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for path in paths:
                file.write(source / path, path)
        source = archive
    assert taken(source, tmp_path) == {"alyssa": paths[0], "ben": paths[1]}


def test_what_differs_is_put_aside_and_what_does_not_is_left(tmp_path: Path) -> None:
    """Nothing that was handed in is lost."""
    source = laid(tmp_path / "in", "alyssa.ipynb", "ben.ipynb")
    assert take_in(source, EXERCISE, tmp_path / "s", tmp_path / "aside") == 2
    assert take_in(source, EXERCISE, tmp_path / "s", tmp_path / "aside") == 0
    (source / "ben.ipynb").write_text("a second try")
    assert take_in(source, EXERCISE, tmp_path / "s", tmp_path / "aside") == 1
    [kept] = (tmp_path / "aside" / "ben").glob(f"*/{NOTEBOOK}")
    assert kept.read_text() == "ben.ipynb"
    assert (tmp_path / "s" / "ben" / NAME / NOTEBOOK).read_text() == "a second try"


def test_an_archive_cannot_write_elsewhere(tmp_path: Path) -> None:
    """Whatever its names say."""
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../evil.ipynb", "evil")
        file.writestr("alyssa.ipynb", "mine")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    take_in(archive, EXERCISE, tmp_path / "deep" / "er" / "s", tmp_path / "aside")
    assert not list(tmp_path.glob("evil.ipynb"))
    assert not list((tmp_path / "deep").glob("evil.ipynb"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("nowhere", None, "There is no"),
        ("text.zip", "no archive", "cannot be read as a zip archive"),
        ("folder", {}, "holds no submission"),
        ("folder", {"a student.ipynb": "{}"}, "cannot be a student's id"),
    ],
)
def test_what_is_no_class_is_refused(
    name: str, content: str | dict[str, str] | None, says: str, tmp_path: Path
) -> None:
    """With what was expected."""
    source = tmp_path / name
    if isinstance(content, str):
        source.write_text(content)
    elif content is not None:
        source.mkdir()
        for path, text in content.items():
            (source / path).write_text(text)
    with pytest.raises(IntakeRefused, match=says):
        taken(source, tmp_path)


def take(source: Path, tmp_path: Path) -> tuple[dict[str, str], str]:
    """What each student has handed in, and all that an instructor is told."""
    told: list[str] = []
    submitted, aside = tmp_path / "submitted", tmp_path / "set_aside"
    take_in(source, EXERCISE, submitted, aside, told.append)
    for folder in sorted(submitted.glob(f"*/{NAME}")):
        told += notes_on(folder, aside)
    handed_in = submitted.glob(f"*/{NAME}/{NOTEBOOK}")
    return {p.parts[-3]: p.read_text() for p in handed_in}, "\n".join(told)


SECRET = "the solution"
LINKS = {
    "a notebook": lambda eve, ben: (eve / NOTEBOOK).symlink_to(ben / NAME / NOTEBOOK),
    "a notebook, nested": lambda eve, ben: (
        (eve / NAME).mkdir(),
        (eve / NAME / NOTEBOOK).symlink_to(ben / NAME / NOTEBOOK),
    ),
    "a folder": lambda eve, ben: (eve / NAME).symlink_to(ben / NAME),
    "a student": lambda eve, ben: (eve.rmdir(), eve.symlink_to(ben)),
    "a file": lambda eve, ben: (
        eve.rmdir(),
        eve.with_suffix(".ipynb").symlink_to(ben / NAME / NOTEBOOK),
    ),
    "a hard link": lambda eve, ben: (eve / NOTEBOOK).hardlink_to(ben / "second"),
    "another name": lambda eve, ben: (eve / "x.ipynb").hardlink_to(ben / "second"),
    "no UTF-8": lambda eve, ben: (eve / NAME).symlink_to(os.fsdecode(b"\xff\x1b[2J")),
    "nowhere": lambda eve, ben: (eve / NAME).symlink_to("/nope"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_no_link_in_a_class_is_followed(kind: str, tmp_path: Path) -> None:
    """To a classmate's notebook or to anything else; the instructor reads of it."""
    source = laid(tmp_path / "in", f"ben/{NAME}/{NOTEBOOK}", "ben/second")
    (source / "eve").mkdir()
    (source / "ben" / "second").write_text(SECRET)
    LINKS[kind](source / "eve", source / "ben")
    handed_in, told = take(source, tmp_path)
    assert handed_in == {"ben": f"ben/{NAME}/{NOTEBOOK}"}
    assert "link" in told
    assert "\x1b" not in told
    into = tmp_path / "submitted", tmp_path / "set_aside"
    assert take_in(source, EXERCISE, *into) == 0


def test_a_time_that_is_a_link_is_not_taken(tmp_path: Path) -> None:
    """The notebook beside it is."""
    source = laid(tmp_path / "in", f"ben/{NAME}/{NOTEBOOK}", f"eve/{NAME}/{NOTEBOOK}")
    early = source / "ben" / NAME / "timestamp.txt"
    early.write_text("2024-06-05 13:50 UTC")
    (source / "eve" / NAME / "timestamp.txt").symlink_to(early)
    handed_in, told = take(source, tmp_path)
    assert set(handed_in) == {"ben", "eve"}
    assert "timestamp.txt is a link" in told
    stamps = (tmp_path / "submitted").glob("*/*/timestamp.txt")
    assert [stamp.parts[-3] for stamp in stamps] == ["ben"]


def test_a_link_that_is_there_already_is_not_written_through(tmp_path: Path) -> None:
    """In submitted/: the classmate's work stays, the link is put aside."""
    ben = laid(tmp_path / "submitted" / "ben", f"{NAME}/{NOTEBOOK}")
    (tmp_path / "submitted" / "eve").symlink_to(ben)
    handed_in, _ = take(laid(tmp_path / "in", "eve.ipynb"), tmp_path)
    assert handed_in == {"ben": f"{NAME}/{NOTEBOOK}", "eve": "eve.ipynb"}
    assert not (tmp_path / "submitted" / "eve").is_symlink()


def test_a_link_that_is_mended_leaves_no_note(tmp_path: Path) -> None:
    """Notes are about what lies there now; the earlier ones are kept beside it."""
    source = laid(tmp_path / "in", "ben.ipynb")
    (source / "eve.ipynb").symlink_to("ben.ipynb")
    assert "is a link" in take(source, tmp_path)[1]
    (source / "eve.ipynb").unlink()
    handed_in, told = take(laid(source, "eve.ipynb"), tmp_path)
    assert (handed_in["eve"], told) == ("eve.ipynb", "")
    assert list((tmp_path / "set_aside" / "eve").glob("* 20*/notes.json"))


@pytest.mark.parametrize(
    "name", ["a student", "[x]", "x\ny", "a\u202eb", "*", "\x1b[2Jx", "é" * 120, "="]
)
def test_one_name_that_is_no_id_does_not_stop_the_class(
    name: str, tmp_path: Path
) -> None:
    """It is told, in a line; the others are taken in."""
    source = laid(tmp_path / "in", "ben.ipynb", f"{name}.ipynb"[:250])
    handed_in, told = take(source, tmp_path)
    assert set(handed_in) == {"ben"}
    assert "cannot be a student's id" in told
    assert printable(told) == told
    assert "\n" not in told


def test_of_two_for_one_student_none_is_taken(tmp_path: Path) -> None:
    """Who has put the other one there is not known; accents count as on a Mac."""
    source = laid(tmp_path / "in", "ben.ipynb", "eve.ipynb", f"eve_{NOTEBOOK}")
    laid(source, "jose\u0301.ipynb")
    handed_in, told = take(source, tmp_path)
    assert set(handed_in) == {"ben", "jos\u00e9"}
    assert "may all be eve's" in told


def archive_of(path: Path, method: int = zipfile.ZIP_DEFLATED, size: int = 10) -> Path:
    """An archive with the notebooks of ben and of eve, who comes second."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("ben.ipynb", "ben.ipynb", zipfile.ZIP_STORED)
        archive.writestr("eve.ipynb", random.Random(1).randbytes(size))
    return path


def damaged(path: Path, where: int, put: bytes) -> Path:
    """An archive with other bytes in eve's part."""
    content = bytearray(path.read_bytes())
    start = content.index(b"eve.ipynb") + where
    content[start : start + len(put)] = put
    path.write_bytes(content)
    return path


DAMAGES = {
    "deflate": (zipfile.ZIP_DEFLATED, 9, b"\xff" * 40),
    "stored": (zipfile.ZIP_STORED, 20, b"\x00\x01\x02"),
    "local name": (zipfile.ZIP_STORED, 0, b"\xff\xfe"),
    "local header": (zipfile.ZIP_STORED, -30, b"XX"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_part_of_an_archive_is_one_students(
    kind: str, tmp_path: Path
) -> None:
    """The rest of the class is taken in."""
    method, where, put = DAMAGES[kind]
    source = damaged(archive_of(tmp_path / "in.zip", method, 500), where, put)
    handed_in, told = take(source, tmp_path)
    assert set(handed_in) == {"ben"}
    assert told.startswith("eve.ipynb cannot be unpacked (")
    assert (tmp_path / "submitted" / "eve" / NAME).exists()


def test_an_encrypted_part_is_one_students(tmp_path: Path) -> None:
    """So is one that is packed by a method that nobody knows."""
    for offset, put in ((8, b"\x01"), (10, b"\x63")):
        source = archive_of(tmp_path / "in.zip")
        content = bytearray(source.read_bytes())
        entry = content.rindex(b"PK\x01\x02")
        content[entry + offset : entry + offset + 1] = put
        source.write_bytes(content)
        handed_in, told = take(source, tmp_path / put.hex())
        assert set(handed_in) == {"ben"}
        assert "eve.ipynb " in told


@pytest.mark.parametrize(
    "damage", ["cut", "name", "junk"], ids=["its end is missing", "no UTF-8", "junk"]
)
def test_an_archive_without_a_list_is_refused(damage: str, tmp_path: Path) -> None:
    """In one clear sentence, whatever the parser raises."""
    source = tmp_path / "in.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("évé.ipynb", "x")
    content = source.read_bytes()
    source.write_bytes(
        {
            "cut": content[:-30],
            "name": content.replace("é".encode(), b"\xff\xff"),
            "junk": b"PK\x05\x06" + b"\xff" * 18,
        }[damage]
    )
    with pytest.raises(IntakeRefused, match="Unpack it by hand"):
        take(source, tmp_path)


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    """Before its list is read, which takes ten times as much memory."""
    source = tmp_path / "in.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for number in range(300):
            entry = zipfile.ZipInfo(f"{number}.ipynb")
            entry.comment = b"x" * 60_000
            archive.writestr(entry, "")
    with pytest.raises(IntakeRefused, match="lists more files than are read"):
        take(source, tmp_path)


def test_a_link_in_an_archive_is_none(tmp_path: Path) -> None:
    """Neither is its text a notebook."""
    source = tmp_path / "in.zip"
    link = zipfile.ZipInfo("mallory.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("ben.ipynb", "ben.ipynb")
        archive.writestr(link, "ben.ipynb")
    assert "mallory.ipynb is a link" in take(source, tmp_path)[1]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_unpacked_in_parts_is_not_unpacked(
    method: int, tmp_path: Path
) -> None:
    """Of a small file, as much memory might be taken as there is."""
    handed_in, told = take(archive_of(tmp_path / "in.zip", method), tmp_path)
    assert set(handed_in) == {"ben"}
    assert "eve.ipynb is packed, and not by “deflate”" in told


def test_a_small_archive_of_a_large_file_costs_little(tmp_path: Path) -> None:
    """What is too large is not unpacked, also where the archive lies about it."""
    source = tmp_path / "in.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ben.ipynb", "ben.ipynb")
        archive.writestr("eve.ipynb", bytes(3 * LARGEST_NOTEBOOK))
    honest = source.read_bytes()
    real = (3 * LARGEST_NOTEBOOK).to_bytes(4, "little")
    tracemalloc.start()
    handed_in, told = take(source, tmp_path)
    assert set(handed_in) == {"ben"}
    assert "at most 20,000,000 are read" in told
    source.write_bytes(honest.replace(real, (1000).to_bytes(4, "little")))
    _, told = take(source, tmp_path / "again")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "cannot be unpacked" in told
    assert peak < LARGEST_NOTEBOOK / 10
