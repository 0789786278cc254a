"""Submissions that attack, each in a folder of its own, graded as one class.

    attack = "…"      what it does
    score = 0         what it must get: what the honest part of it is worth
    says = ["…"]      what an instructor must read about it
    stopped_by = "…"  what stands in its way
    base = "…"        where answer.py goes: before or after June's code or the solution

answer.py is put into the solution cell; or submit.py lays the submission's files. They
are graded as a class by `nbgrader autograde`, with honest work first, in the middle,
last.
"""

import importlib.util
import os
import socket
import stat
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.files import paths_in
from tests.instructor import NAME, Course, june, solution

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

CANARY = "CANARY-41d7"
LONGEST = 1 << 26  # one attack's file has a terabyte
HERE = Path(__file__).parent
ATTACKS = sorted(path.parent.name for path in HERE.glob("*/expected.toml"))

# Sorted as nbgrader grades them: the attacks are called attack_….
HONEST = {
    "0_honest": 10.0,
    "attack_m_honest": 10.0,
    "z_honest": 10.0,
    "z_untouched": 0.0,
}


@dataclass
class Class:
    """A class, graded, and what was seen of the machine meanwhile."""

    course: Course
    outlived: str
    scores: dict[str, float]
    files_before: dict[str, bytes]
    connections: int
    home: Path

    def text(self, attack: str) -> str:
        """All that an instructor reads about an attack."""
        return self.course.graded_cell(f"attack_{attack}")["text/plain"]


def expected_of(attack: str) -> dict[str, Any]:
    """Its expected.toml."""
    return tomllib.loads((HERE / attack / "expected.toml").read_text())


def lay(course: Course, attack: str) -> None:
    """Hand the attack in."""
    folder = course.folder_of(f"attack_{attack}")
    if (HERE / attack / "submit.py").exists():
        spec = importlib.util.spec_from_file_location(
            f"submit_{attack}", HERE / attack / "submit.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.submit(course.released(), folder, f"{NAME}.ipynb")
        return
    code = (HERE / attack / "answer.py").read_text()
    text = {
        "then june": f"{code}\n{june()}",
        "then solution": f"{code}\n{solution()}",
        "june, then": f"{june()}\n{code}",
        "solution, then": f"{solution()}\n{code}",
    }[expected_of(attack)["base"]]
    course.submit(f"attack_{attack}", course.with_answer(text))


def files_of(folder: Path) -> dict[str, bytes]:
    """What lies below `folder`: path → content, or its beginning if it is long."""
    found = {}
    for path in paths_in(folder):
        if stat.S_ISREG((folder / path).lstat().st_mode):
            with open(folder / path, "rb") as file:
                found[str(path)] = file.read(LONGEST)
    return found


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Class:
    """All attacks, and some honest work, autograded, with feedback."""
    root = tmp_path_factory.mktemp("hostile")
    home = root / "home"
    home.mkdir()
    (home / ".netrc").write_text(CANARY)
    environment = {"OUTAGE_SECRET": CANARY, "HOME": str(home)}
    course = Course(root / "course", project, environment)
    course.nbgrader("generate_assignment", NAME, "--force")
    held_back = f"course/modules/{NAME}/instructors/held_back"
    for place in (held_back, "autograder/source", "autograder"):
        (course.root / place / "secret.txt").write_text(CANARY)
    for student, score in HONEST.items():
        text = solution() if score else june()
        course.submit(student, course.with_answer(f"# {CANARY}\n{text}"))
    for attack in ATTACKS:
        lay(course, attack)
    before = files_of(course.root) | {"home/.netrc": CANARY.encode()}
    with socket.create_server(("127.0.0.1", 0)) as host_port:
        watch = [sys.executable, str(HERE / "subreaper.py"), str(root / "outlived")]
        course.nbgrader("autograde", NAME, under=watch)
        host_port.setblocking(False)
        connections = 0
        while True:
            try:
                host_port.accept()[0].close()
                connections += 1
            except BlockingIOError:
                break
    course.nbgrader("generate_feedback", NAME)
    outlived = (root / "outlived").read_text()
    return Class(course, outlived, course.scores(), before, connections, home)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gets_what_its_honest_part_is_worth(
    class_: Class, attack: str
) -> None:
    """No more and no less, and the instructor reads why."""
    expected = expected_of(attack)
    text = class_.text(attack)
    assert class_.scores[f"attack_{attack}"] == expected["score"], text
    for words in expected["says"]:
        assert words in text


@pytest.mark.parametrize("student", HONEST)
def test_honest_work_beside_it_gets_its_due(class_: Class, student: str) -> None:
    """Before, between and after the attacks."""
    text = class_.course.graded_cell(student)["text/plain"]
    assert class_.scores[student] == HONEST[student], text


def test_no_secret_is_told(class_: Class) -> None:
    """In no attacker's feedback and no graded notebook; held-back checks neither."""
    secrets = [CANARY, "RegistryGone", "test_other", "test_hotfix_again", "root:x:0"]
    for attack in ATTACKS:
        student = f"attack_{attack}"
        folder = class_.course.autograder / "autograded" / student
        texts = {name: data.decode() for name, data in files_of(folder).items()}
        texts["feedback"] = class_.course.feedback(student)
        own = (HERE / attack / "answer.py").exists() or attack == "html_and_javascript"
        for name, text in texts.items():
            for secret in secrets if not own else secrets[1:]:
                assert secret not in text, f"{secret} in {name} of {attack}"
            assert "Traceback (most recent call last)" not in text or own


def test_no_script_of_a_learner_reaches_a_page(class_: Class) -> None:
    """What nbgrader's own template brings is all there is."""
    for attack in ATTACKS:
        page = class_.course.feedback(f"attack_{attack}")
        assert "<script>alert" not in page
        assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")


def test_nothing_is_written_elsewhere(class_: Class) -> None:
    """Of the instructor's files only those that grading writes have changed."""
    course = class_.course
    after = files_of(course.root) | {
        "home/.netrc": (class_.home / ".netrc").read_bytes()
    }
    written = {
        path
        for path in after.keys() | class_.files_before.keys()
        if after.get(path) != class_.files_before.get(path)
    }
    may = (
        "autograded",
        "feedback",
        "submitted",
        "set_aside",
        "verdicts",
        "gradebook.db",
        "__pycache__",
    )
    assert not [path for path in written if not any(part in path for part in may)]
    changed = [p for p in written if "submitted" in p and "attack_" not in p]
    assert not changed
    assert {path.name for path in class_.home.iterdir()} <= {
        ".netrc",
        ".cache",
        ".local",
    }


def test_what_is_put_aside_is_kept(class_: Class) -> None:
    """Nothing that was handed in is lost."""
    for attack in ("linked_notebook", "invalid_json"):
        folder = class_.course.autograder / "set_aside" / f"attack_{attack}" / NAME
        kept = folder / f"{NAME}.ipynb"
        assert os.readlink(kept) if kept.is_symlink() else kept.read_text()[0] == "{"


def test_no_attack_reaches_a_port_of_the_host(class_: Class) -> None:
    """A server listened all the while."""
    assert class_.connections == 0


def test_nothing_is_left_running(class_: Class) -> None:
    """No daemon, no replica, no bubblewrap: nothing has outlived the grading."""
    assert class_.outlived == ""


def test_the_suite_has_an_attack_of_each_kind() -> None:
    """At least thirty, and each says what stops it."""
    assert len(ATTACKS) >= 30
    for attack in ATTACKS:
        expected = expected_of(attack)
        assert expected["attack"]
        assert expected["stopped_by"]
        assert expected["says"]
