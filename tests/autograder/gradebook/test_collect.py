"""What graders collect from an exchange in which learners may do as they like."""

import os
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.gradebook.exchange import Collect
from autograder.gradebook.submissions import ASIDE, notes_on
from tests.instructor import NAME

pytestmark = pytest.mark.process  # nbgrader makes a database

TIME = "2024-06-05 14:00:00 UTC"


class Exchange:
    """An exchange, and the course that is collected into."""

    def __init__(self, root: Path, database: Path) -> None:
        self.inbound = root / "exchange" / "outage" / "inbound"
        self.inbound.mkdir(parents=True)
        self.course = root / "course"
        self.course.mkdir()
        config = Config()
        config.CourseDirectory.root = str(self.course)
        config.CourseDirectory.course_id = "outage"
        config.CourseDirectory.db_url = f"sqlite:///{database}"
        config.CourseDirectory.assignment_id = NAME
        config.Exchange.root = str(root / "exchange")
        self._course = CourseDirectory(config=config)
        self._config = config
        (self.folder_of("ben") / f"{NAME}.ipynb").write_text("ben's")

    def folder_of(self, student: str, make: bool = True) -> Path:
        """Where a student hands in, made if it is missing."""
        folder = self.inbound / f"{student}+{NAME}+{TIME}+x1"
        if make:
            folder.mkdir(exist_ok=True)
        return folder

    def collected(self) -> tuple[dict[str, str], str]:
        """The notebook of each student, and the notes on them."""
        Collect(coursedir=self._course, config=self._config).start()
        submitted = self.course / "submitted"
        assert not [path for path in submitted.rglob("*") if path.is_symlink()]
        notes = [
            note
            for student in sorted(submitted.iterdir())
            for note in notes_on(student / NAME, self.course / ASIDE)
        ]
        found = {p.parts[-3]: p.read_text() for p in submitted.glob("*/*/*.ipynb")}
        return found, "\n".join(notes)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: nbgrader makes it in seconds, and it stays empty."""
    return tmp_path_factory.mktemp("database") / "gradebook.db"


@pytest.fixture
def exchange(tmp_path: Path, database: Path) -> Exchange:
    """An exchange in which ben has handed in."""
    return Exchange(tmp_path, database)


def test_files_are_collected_as_nbgrader_does(exchange: Exchange) -> None:
    """With those in folders, and without those that it leaves out."""
    ada = exchange.folder_of("ada")
    (ada / f"{NAME}.ipynb").write_text("ada's")
    for folder in ("data", ".ipynb_checkpoints"):
        (ada / folder).mkdir()
        (ada / folder / "x.csv").write_text("1")
    assert exchange.collected() == ({"ada": "ada's", "ben": "ben's"}, "")
    there = exchange.course / "submitted" / "ada" / NAME
    assert (there / "data" / "x.csv").exists()
    assert not (there / ".ipynb_checkpoints").exists()


def test_no_link_is_collected(exchange: Exchange) -> None:
    """The graders' rights lead nobody to a classmate's notebook."""
    ben, notebook = exchange.folder_of("ben"), f"{NAME}.ipynb"
    (ben / "second").write_text("ben's")
    (exchange.folder_of("file") / notebook).symlink_to(ben / notebook)
    (exchange.folder_of("folder") / "data").symlink_to(ben)
    (exchange.folder_of("time") / "timestamp.txt").symlink_to(ben / notebook)
    (exchange.folder_of("hard") / notebook).hardlink_to(ben / "second")
    exchange.folder_of("all").rmdir()
    exchange.folder_of("all", make=False).symlink_to(ben)
    found, notes = exchange.collected()
    assert found == {"ben": "ben's"}
    for words in (notebook, "data", "timestamp.txt", "second"):
        assert f"{words} is a link" in notes
    assert f"{notebook} has a second name elsewhere" in notes
    submitted = exchange.course / "submitted"
    copied = {path.parts[-3] for path in submitted.rglob("*") if path.is_file()}
    assert copied == {"ben"}


def test_no_name_keeps_others_from_being_collected(exchange: Exchange) -> None:
    """Neither a time nor a student of any kind."""
    for start in (f"eve+{NAME}+yesterday", f"eve+{NAME}+", f"eve+{NAME}+9{TIME}"):
        (exchange.inbound / f"{start}+x").mkdir()
    for student in ("eve\n", "[x]", "..", "", "*", "\x1b[2J", "x" * 190):
        (exchange.folder_of(student) / f"{NAME}.ipynb").write_text("eve's")
    assert exchange.collected() == ({"ben": "ben's"}, "")


def test_no_files_keep_others_from_being_collected(exchange: Exchange) -> None:
    """A pipe, a path that is too long, more bytes than nbgrader copies."""
    os.mkfifo(exchange.folder_of("a") / "pipe")
    deepest = exchange.folder_of("b")
    for _ in range(14):
        deepest /= "x" * 200
        deepest.mkdir()
    (exchange.folder_of("c") / "large").touch()
    os.truncate(exchange.folder_of("c") / "large", 150_000_000)
    found, notes = exchange.collected()
    assert found == {"ben": "ben's"}
    assert "pipe is no regular file" in notes
    assert "It cannot be collected" in notes
