"""The wrapper `outage`: .venv from nothing, really made, of packages on this disk."""

import fcntl
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.autograder.cli.wheels import Index

pytestmark = pytest.mark.process

# What hatchling needs to install the course as it stands in its folder.
EDITABLE = ("hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers")
COMMAND = "import json, sys; print(json.dumps(sys.argv[1:]))"

NOBODY_LISTENS = "http://127.0.0.1:9/simple"  # the discard port


@dataclass(frozen=True)
class Course:
    """A clone, small enough to be set up in seconds, and where its packages are."""

    root: Path
    index: Index
    environment: dict[str, str]

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """Start `./outage` as a shell does: at the head of a process group."""
        return subprocess.Popen(
            [self.root / "outage", *words],
            text=True,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environment, "PIP_INDEX_URL": self.index.url, **settings},
        )

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `./outage` to its end."""
        process = self.start(*words, **settings)
        out, err = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def has(self, package: str) -> bool:
        """Whether .venv holds a package."""
        return any(self.root.glob(f".venv/lib/*/site-packages/{package}/__init__.py"))

    def forget_the_tools(self) -> None:
        """Go back to where only `./outage learn` was typed."""
        (self.root / ".venv/requirements-test.lock.stamp").unlink(missing_ok=True)
        for folder in self.root.glob(".venv/lib/*/site-packages/tool*"):
            shutil.rmtree(folder)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The packages of this environment that set-up needs, and `tool`."""
    found = shutil.which("uv")
    assert found, "uv is neither in .venv nor on the path; ./outage test brings it"
    index = Index(tmp_path_factory.mktemp("index"))
    for name in EDITABLE:
        package = importlib.metadata.distribution(name)
        index.add(
            name,
            package.version,
            {
                str(path): path.read_binary()
                for path in package.files or []
                if path.suffix != ".pyc"
                and ".." not in path.parts
                and path.name not in {"METADATA", "WHEEL", "RECORD"}
            },
        )
    index.add("tool", "1.0", {"tool/__init__.py": b""})
    index.add("uv", "1.0", {"uv-1.0.data/scripts/uv": Path(found).read_bytes()})
    return index


@pytest.fixture(scope="module")
def fresh(
    tmp_path_factory: pytest.TempPathFactory, index: Index, project: Path
) -> tuple[Course, subprocess.CompletedProcess[str]]:
    """A clone in a folder with a blank in its name, and its first command."""
    root = tmp_path_factory.mktemp("set-up") / "my course"
    (root / "autograder/cli").mkdir(parents=True)
    (root / "autograder/cli/__main__.py").write_text(COMMAND)
    for name in ("outage", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(project / name, root)
    (root / "requirements.lock").write_text(index.lock(*EDITABLE))
    (root / "requirements-test.lock").write_text(index.lock(*EDITABLE, "tool"))
    (root / "requirements-uv.lock").write_text(index.lock("uv"))
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV"))
    }
    folders = os.environ["PATH"].split(os.pathsep)
    environment |= {
        "PATH": os.pathsep.join(f for f in folders if not Path(f, "uv").exists()),
        "OUTAGE_PYTHON": sys._base_executable,  # type: ignore[attr-defined]
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "1",
        "UV_HTTP_RETRIES": "0",
        "UV_CACHE_DIR": str(root.parent / "cache"),
        "PIP_CACHE_DIR": str(root.parent / "cache-pip"),
    }
    course = Course(root, index, environment)
    return course, course.run("learn", "--port", "8888")


@pytest.fixture
def course(fresh: tuple[Course, subprocess.CompletedProcess[str]]) -> Course:
    """That clone, set up for learners."""
    fresh[0].forget_the_tools()
    return fresh[0]


@pytest.fixture
def silent_index() -> Iterator[socket.socket]:
    """A server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        yield server


def url(server: socket.socket) -> str:
    """As `index-url` names it."""
    return f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def test_a_fresh_clone_is_set_up_and_becomes_the_command(
    fresh: tuple[Course, subprocess.CompletedProcess[str]],
) -> None:
    """By the uv that pip fetched, with bytecode, and without a test's tools."""
    course, done = fresh
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["learn", "--port", "8888"]
    assert "Setting up the course" in done.stderr
    assert "done in" in done.stderr
    assert "pip does it" not in done.stderr
    assert list(course.root.glob(".venv/lib/*/site-packages/hatchling/__pycache__/*"))
    assert not course.has("tool")


def test_the_course_is_installed_as_it_stands_in_its_folder(course: Course) -> None:
    """So that a path is an import, from everywhere."""
    done = subprocess.run(
        [course.root / ".venv/bin/python", "-m", "autograder.cli", "hello"],
        cwd="/",
        env=course.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == ["hello"]


def test_what_is_set_up_is_not_set_up_again(course: Course) -> None:
    """Not a word, and no need of any index."""
    done = course.run("doctor", PIP_INDEX_URL=NOBODY_LISTENS)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_tools_of_the_tests_are_added_once(course: Course) -> None:
    """By `./outage test`; learners' commands neither add nor remove them."""
    done = course.run("test", "--fast")
    assert "Adding the tools of the tests" in done.stderr
    assert json.loads(done.stdout) == ["test", "--fast"]
    assert course.has("tool")
    for command in ("test", "learn"):
        assert course.run(command, PIP_INDEX_URL=NOBODY_LISTENS).stderr == ""


def test_a_package_without_tests_needs_no_lock_of_them(course: Course) -> None:
    """The command says itself that there are none."""
    lock = course.root / "requirements-test.lock"
    aside = lock.rename(lock.with_suffix(".aside"))
    try:
        done = course.run("test")
    finally:
        aside.rename(lock)
    assert (json.loads(done.stdout), done.stderr) == (["test"], "")


@pytest.mark.parametrize("setting", ["index-url", "find-links"])
def test_uv_follows_the_configuration_of_pip(
    setting: str, course: Course, tmp_path: Path
) -> None:
    """Of which it reads nothing itself; a value may have several lines."""
    values = {
        "index-url": f"index-url = {course.index.url}\n",
        "find-links": (
            f"index-url = {NOBODY_LISTENS}\nno-index = true\n"
            f"find-links =\n    {tmp_path}\n    {course.index.folder}\n"
        ),
    }
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\n{values[setting]}")
    done = course.run("test", PIP_CONFIG_FILE=str(file), PIP_INDEX_URL="")
    assert course.has("tool")
    assert "trying pip" not in done.stderr


def test_pip_takes_over_where_uv_cannot_be_had(course: Course) -> None:
    """As on a machine that uv has no wheel for."""
    lock, own = course.root / "requirements-uv.lock", course.root / ".venv/bin/uv"
    text, program = lock.read_text(), own.read_bytes()
    lock.write_text(text.replace("uv==1.0", "uv==2.0"))
    own.unlink()
    try:
        done = course.run("test")
    finally:
        lock.write_text(text)
        own.write_bytes(program)
        own.chmod(0o755)
    assert "uv cannot be had here" in done.stderr
    assert done.returncode == 0
    assert course.has("tool")


def test_pip_takes_over_where_uv_fails(course: Course) -> None:
    """And uv's own reason is said."""
    done = course.run("test", UV_DEFAULT_INDEX=NOBODY_LISTENS)
    assert "uv could not (error:" in done.stderr
    assert done.returncode == 0
    assert course.has("tool")


def test_an_index_out_of_reach_is_named_and_the_next_run_goes_on(
    course: Course,
) -> None:
    """Without a network, for instance."""
    done = course.run("test", PIP_INDEX_URL=NOBODY_LISTENS)
    assert done.returncode == 3
    assert "could not reach the index of Python packages" in done.stderr
    assert done.stdout == ""
    assert course.run("test").returncode == 0
    assert course.has("tool")


def test_an_interrupted_set_up_leaves_nothing_behind_and_goes_on(
    course: Course, silent_index: socket.socket
) -> None:
    """Ctrl-C while packages are fetched."""
    process = course.start("test", PIP_INDEX_URL=url(silent_index))
    connection, _ = silent_index.accept()  # now it waits for an answer
    with connection:
        below = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert "interrupted; the same command goes on from here" in err
    assert out == ""
    assert not psutil.wait_procs(below, timeout=60)[1]
    assert course.run("test").returncode == 0
    assert course.has("tool")


@pytest.mark.slow
def test_progress_is_told_without_a_terminal(
    course: Course, silent_index: socket.socket
) -> None:
    """A line after ten seconds."""
    process = course.start("test", PIP_INDEX_URL=url(silent_index))
    assert process.stderr is not None
    lines = [process.stderr.readline() for _ in range(2)]
    process.terminate()
    process.communicate()
    assert lines[1].startswith("  fetched 0 of about 1 packages, 1")


def test_two_set_ups_of_a_folder_take_turns(course: Course) -> None:
    """The second says what it waits for, and then finds the work done."""
    with (course.root / ".venv-setup.held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = course.start("test")
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Another set-up is running")
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert course.has("tool")
