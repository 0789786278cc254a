"""A class on a shared JupyterHub, in a real browser: one teaches, two learn.

The hub is autograder/hub's sample. Its users are users of the operating system, in a
view of it that nobody else has: a mount namespace with a passwd of its own, in which
all processes end with the first.
"""

import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser.lab import BROWSER, CHROMIUM_OPTIONS, LONG_MS, look, write_cell
from tests.browser.test_teaching import close_dialog
from tests.conftest import PROJECT, copy_project
from tests.instructor import NAME, june, solution

pytestmark = [*BROWSER, pytest.mark.sandbox, pytest.mark.hub, pytest.mark.slow]

TEACHER, LEARNERS = "ida", ("ada", "ben")
USERS = {TEACHER: 61001, "ada": 61002, "ben": 61003}
PASSWORD = secrets.token_hex(12)

# $1 is a folder with passwd and group. /root and what is above this Python may be
# closed to others; here they are open, with nothing in them but that Python.
VIEW = """
set -e
for name in passwd group; do mount --bind "$1/$name" "/etc/$name"; done
if [ -n "$2" ]; then
    mkdir "$1/python"
    mount --rbind "$2" "$1/python"
    mount -t tmpfs -o mode=755 tmpfs /root
    mkdir -p "$2"
    mount --move "$1/python" "$2"
fi
shift 2
exec "$@"
"""

RUBRIC = """## What would you write to the users?

In two sentences, for somebody who knows nothing of routing. How it is graded:

- 2 points: what they saw, and from when to when
- 1 point: what they must do now, if anything
- 1 point: no blame, no jargon
"""


def free_text_cells() -> list[dict[str, object]]:
    """A question that a human grades, and the rubric that it is graded by."""
    marks = {
        "grade": False,
        "solution": False,
        "locked": True,
        "task": False,
        "schema_version": 3,
        "cell_type": "markdown",
    }
    asked = marks | {"grade_id": "rubric"}
    answered = marks | {
        "grade": True,
        "solution": True,
        "locked": False,
        "points": 4,
        "grade_id": "to_the_users",
    }
    return [
        {
            "cell_type": "markdown",
            "id": m["grade_id"],
            "source": text,
            "metadata": {"nbgrader": m},
        }
        for m, text in ((asked, RUBRIC), (answered, "Your answer."))
    ]


@dataclass
class Hub:
    """A running hub."""

    url: str
    root: Path

    def home(self, user: str) -> Path:
        """Where a user lives."""
        return self.root / "home" / user


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on.

    Below those that systems draw from for a server or a client that asks for any: what
    runs beside this test cannot take one until the hub listens there.
    """
    ports: set[int] = set()
    while len(ports) < count:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as asked, suppress(OSError):
            asked.bind(("127.0.0.1", port))
            ports.add(port)
    return list(ports)


def lay_course(root: Path) -> None:
    """The teacher's clone, with a question in free text, and the learners' package."""
    clone = root / "course"
    copy_project(PROJECT, clone)
    source = clone / "autograder" / "source" / NAME / f"{NAME}.ipynb"
    notebook = json.loads(source.read_text())
    notebook["cells"] += free_text_cells()
    source.write_text(json.dumps(notebook))
    environment = {
        **os.environ,
        "PYTHONPATH": str(clone),
        "OUTAGE_EXCHANGE": str(root),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    words = ["generate_assignment", NAME, "--force"]
    for folder, command in (
        (clone / "autograder", [sys.executable, "-m", "nbgrader", *words]),
        (clone, ["git", "init", "-q"]),
        (clone, ["git", "add", "-A"]),
        (
            clone,
            [
                sys.executable,
                "-m",
                "autograder.cli",
                "package",
                "--to",
                str(root / "outage-course.zip"),
            ],
        ),
    ):
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    (clone / "autograder" / "gradebook.db").unlink()
    (root / "outage-course.zip").chmod(0o644)


def lay_users(root: Path) -> None:
    """Their homes, and a passwd and group in which they are."""
    passwd, group = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
    for user, uid in USERS.items():
        home = root / "home" / user
        home.mkdir(parents=True, mode=0o700)
        os.chown(home, uid, uid)
        passwd += f"{user}:x:{uid}:{uid}::{home}:/bin/sh\n"
        group += f"{user}:x:{uid}:\n"
    view = root / "view"
    view.mkdir()
    (view / "passwd").write_text(passwd)
    (view / "group").write_text(group)
    clone = root / "course"
    for path in (clone, *clone.rglob("*")):
        os.chown(path, USERS[TEACHER], USERS[TEACHER])
    clone.chmod(0o700)
    for name in ("exchange", "tmp"):
        (root / name).mkdir()
        (root / name).chmod(0o1777)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """The sample, running, until the end of the module."""
    root = Path(tempfile.mkdtemp(prefix="hub-"))
    for folder in (root, root.parent):
        folder.chmod(0o755)
    lay_course(root)
    lay_users(root)
    state = root / "state"
    state.mkdir()
    public, own, api = free_ports(3)
    python = Path(sys.base_prefix)
    closed = str(python) if python.is_relative_to("/root") else ""
    hub = PROJECT / "autograder" / "hub"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TMPDIR": str(root / "tmp"),
        "OUTAGE_HUB": f"http://127.0.0.1:{public}",
        "OUTAGE_HUB_SAMPLE": str(hub / "jupyterhub_config.py"),
        "OUTAGE_HUB_PASSWORD": PASSWORD,
        "OUTAGE_HUB_PORT": str(own),
        "OUTAGE_HUB_PROXY": f"http://127.0.0.1:{api}",
        "OUTAGE_INSTRUCTORS": TEACHER,
        "OUTAGE_LEARNERS": " ".join(LEARNERS),
        "OUTAGE_CLONE": str(root / "course"),
        "OUTAGE_PACKAGE": str(root / "outage-course.zip"),
        "OUTAGE_EXCHANGE": str(root / "exchange"),
    }
    with (state / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--mount-proc",
                "--kill-child",
                "sh",
                "-c",
                VIEW,
                "view",
                str(root / "view"),
                closed,
                sys.executable,
                "-m",
                "jupyterhub",
                "-f",
                str(Path(__file__).with_name("hub_config.py")),
            ],
            cwd=state,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{public}"
        wait_until_up(url, process, state / "log.txt")
        yield Hub(url, root)
    except BaseException:
        print((state / "log.txt").read_text()[-6000:])
        raise
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(root, ignore_errors=True)


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the hub answers."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-4000:]
        try:
            with urllib.request.urlopen(f"{url}/hub/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)  # there is no event to wait for in another program
    raise AssertionError(f"no hub at {url}:\n{log.read_text()[-4000:]}")


@pytest.fixture
def browser() -> Iterator[Browser]:
    """One browser; each user has a window with cookies of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("OUTAGE_CHROMIUM"), args=CHROMIUM_OPTIONS
        )
        yield browser
        browser.close()


@contextmanager
def seat(browser: Browser, hub: Hub, user: str) -> Iterator[Page]:
    """A window in which `user` has logged in and met what the hub opens."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(LONG_MS)
    page.goto(f"{hub.url}/hub/login")
    page.fill("#username_input", user)
    page.fill("#password_input", PASSWORD)
    page.click("#login_submit")
    page.wait_for_url(f"**/user/{user}/**")
    yield page
    context.close()


def hand_in(page: Page, hub: Hub, user: str, answer: str, text: str) -> None:
    """Answer exercise 05 in its notebook, and submit it from the assignment list."""
    # The hub opened the course's front page.
    expect(page.locator(".jp-Notebook")).to_be_visible()
    place = f"work/exercises/{NAME}/{NAME}.ipynb"
    page.goto(f"{hub.url}/user/{user}/lab/workspaces/hand-in/tree/{place}?reset")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    write_cell(page, "dispatcher", answer)
    write_cell(page, "to_the_users", text)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    saved = hub.home(user) / "outage-course" / place
    wait_for(lambda: text in saved.read_text())
    listed = assignment_list(page)
    item = listed.locator("#fetched_assignments_list .list_item").filter(has_text=NAME)
    item.get_by_role("button", name="Submit", exact=True).click()
    submitted = listed.locator("#submitted_assignments_list .list_item")
    expect(submitted.filter(has_text=NAME).first).to_be_visible()
    look(page, f"hub-{user}-submitted")


def assignment_list(page: Page) -> Locator:
    """nbgrader's list of assignments, opened in JupyterLab."""
    expect(page.locator("#jp-main-statusbar")).to_be_visible()
    open_it = "nbgrader:open-assignment-list"
    page.evaluate(f"() => window.jupyterapp.commands.execute('{open_it}')")
    return page.locator("#nbgrader-assignment-list")


def wait_for(condition: Callable[[], object]) -> None:
    """Until it is so: for what another program writes."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_class_from_release_to_feedback(hub: Hub, browser: Browser) -> None:
    """Released, handed in, collected, graded by the judge and by hand; told to each."""
    with seat(browser, hub, TEACHER) as teacher:
        manage = teacher.locator("tr").filter(has_text=NAME)
        for step in ("assign", "release"):
            manage.locator(f"td.{step} a").click()
            close_dialog(teacher, "Success")
        look(teacher, "hub-teacher-released")

        answers = {"ada": solution(), "ben": june()}
        for user in LEARNERS:
            with seat(browser, hub, user) as page:
                hand_in(page, hub, user, answers[user], f"Dear users, says {user}.")

        teacher.reload()
        manage.locator("td.collect a").click()
        close_dialog(teacher, "Success")
        teacher.goto(f"{hub.url}/user/{TEACHER}/formgrader/manage_submissions/{NAME}")
        for user in LEARNERS:
            row = teacher.locator("tr").filter(has_text=user)
            row.locator("td.autograde a").click()
            close_dialog(teacher, "Success")
            expect(row.locator("td.status")).to_contain_text("needs manual grading")
        look(teacher, "hub-teacher-collected")

        points = {"ada": 3.0, "ben": 1.0}
        grade_by_hand(teacher, hub, points)

        teacher.goto(f"{hub.url}/user/{TEACHER}/formgrader/manage_submissions/{NAME}")
        for user in LEARNERS:
            row = teacher.locator("tr").filter(has_text=user)
            row.locator("td.generate-feedback a").click()
            close_dialog(teacher, "Success")
            row.locator("td.release-feedback a").click()
            close_dialog(teacher, "Success")
        ada, ben = (
            teacher.locator("tr").filter(has_text=user).locator("td.score")
            for user in LEARNERS
        )
        expect(ada).to_contain_text("13 / 14")
        expect(ben).to_contain_text("1 / 14")

        for user in LEARNERS:
            with seat(browser, hub, user) as page:
                fetch_feedback(page, hub, user)
                assert f"Because, {user}." in feedback_of(hub, user)


def grade_by_hand(page: Page, hub: Hub, points: dict[str, float]) -> None:
    """Give each learner's free text its points, and a comment, in the formgrader."""
    start = f"{hub.url}/user/{TEACHER}/formgrader/gradebook/{NAME}/{NAME}"
    for number in range(len(points)):
        page.goto(start)
        page.get_by_role("link", name=f"Submission #{number + 1}").click()
        answer = page.locator(".nbgrader_cell").filter(has_text="Dear users, says")
        expect(page.get_by_text("2 points: what they saw")).to_be_visible()
        [user] = [u for u in points if f"says {u}." in answer.inner_text()]
        page.wait_for_function(
            "() => formgrader.grades.loaded && formgrader.comments.loaded"
        )
        # That it was saved is shown for a second only, so the request is waited for.
        fields = {
            "grade": (answer.locator("input.score"), f"{points[user]:g}"),
            "comment": (answer.locator("textarea.comment"), f"Because, {user}."),
        }
        for kind, (field, text) in fields.items():
            field.fill(text)
            with page.expect_response(f"**/api/{kind}/*") as saved:
                field.press("Tab")
            assert saved.value.ok
        look(page, f"hub-graded-by-hand-{user}")


def fetch_feedback(page: Page, hub: Hub, user: str) -> None:
    """By the button in the assignment list."""
    page.goto(f"{hub.url}/user/{user}/lab/workspaces/feedback?reset")
    listed = assignment_list(page)
    item = listed.locator("#submitted_assignments_list .list_item")
    item.filter(has_text=NAME).first.click()
    listed.get_by_role("button", name="Fetch Feedback").first.click()
    wait_for(lambda: feedback_of(hub, user))
    look(page, f"hub-{user}-feedback")


def feedback_of(hub: Hub, user: str) -> str:
    """The page that a learner has fetched, if there is one."""
    exercises = hub.home(user) / "outage-course" / "work" / "exercises"
    found = list((exercises / NAME / "feedback").rglob("*.html"))
    return found[0].read_text() if found else ""
