"""Learners' functions and test suites, each in a process of its own."""

import random
import time
from collections import defaultdict
from collections.abc import Collection

import pytest

from autograder.instruments.functions import Functions
from autograder.instruments.observe import plant
from autograder.instruments.suites import OUT_OF_TIME, SuiteRun, SuiteRunner
from autograder.sandbox import Confined
from course.outage import Release

pytestmark = pytest.mark.process

BOTH = pytest.mark.parametrize(
    "confined",
    [Confined.LIMITS, pytest.param(Confined.SANDBOX, marks=pytest.mark.sandbox)],
    ids=lambda confined: confined.value,
)

SOURCE = """
import os, sys, time

calls = []

def double(x):
    return 2 * x

def count():
    calls.append(1)
    print("noise" * 10)
    return len(calls)

def odd(kind):
    return {"nan": float("nan"), "set": {1}, "self": odd}[kind]

def hang(seconds):
    time.sleep(seconds)
    return seconds

def leave(code):
    os._exit(code)

def flood():
    return "x" * (20 << 20)

def forge():
    for fd in range(3, 256):
        try:
            os.write(fd, b'{"returned": 42}\\n')
        except OSError:
            pass
    os._exit(0)
"""
SOURCES = defaultdict(lambda: SOURCE)


@BOTH
def test_json_goes_in_and_comes_out(confined: Confined) -> None:
    """Each case in its turn, one process for all of them; prints are dropped."""
    functions = Functions(SOURCES, confined)
    calls = functions.calls("double", [[2], ["ab"], [[1]]])
    assert [(c.ended, c.value) for c in calls] == [
        ("returned", 4),
        ("returned", "abab"),
        ("returned", [1, 1]),
    ]
    assert {c.value for c in functions.calls("count", [[], []])} == {1, 2}
    assert functions.call("count").value == 1


@BOTH
def test_whatever_else_comes_of_a_call_is_said(confined: Confined) -> None:
    """Raised, no JSON, missing, not in time, gone: none of it is ours."""
    functions = Functions(SOURCES, confined)
    call = functions.call("double")
    assert call.ended == "raised"
    assert "TypeError" in str(call)
    for kind in ("nan", "set", "self"):
        assert functions.call("odd", kind).ended == "no_json"
    assert functions.call("nobody").ended == "missing"
    for source in ("def (", "raise SystemExit(0)"):
        assert Functions({"f": source}, confined).call("f").ended == "missing"
    calls = functions.calls("leave", [[0], [1]])
    assert [c.ended for c in calls] == ["process_ended", "process_ended"]
    calls = functions.calls("hang", [[0], [60], [0]], within_s=2)
    assert [c.ended for c in calls] == ["returned", "timed_out", "timed_out"]


@BOTH
def test_cases_come_in_a_drawn_order(confined: Confined) -> None:
    """What a function remembers of earlier cases does not tell it the next one."""
    source = "seen = []\ndef f(n):\n    seen.append(n)\n    return list(seen)"
    orders = set()
    for seed in range(3):
        functions = Functions({"f": source}, confined, seed=seed)
        calls = functions.calls("f", [[number] for number in range(20)])
        assert all(c.value[-1] == number for number, c in enumerate(calls))
        orders.add(tuple(max((c.value for c in calls), key=len)))
    assert len(orders) == 3


@BOTH
@pytest.mark.parametrize("seed", range(4))
def test_the_first_case_that_ends_the_process_is_known(
    confined: Confined, seed: int
) -> None:
    """In whatever order they came: a check tells the learner the first that failed."""
    source = "import os\ndef f(n): return n if n % 4 != 3 else os._exit(0)"
    calls = Functions({"f": source}, confined, seed=seed).calls(
        "f", [[n] for n in range(12)]
    )
    assert [c.value for c in calls[:3]] == [0, 1, 2]
    assert calls[3].ended == "process_ended"


@BOTH
def test_a_flood_or_a_forgery_is_worth_nothing(confined: Confined) -> None:
    """What a function could forge is what it could have returned."""
    functions = Functions(SOURCES, confined)
    assert functions.call("flood").ended != "returned"
    calls = functions.calls("forge", [[], []])
    assert {c.value for c in calls} <= {42, None}
    assert len(calls) == 2


THROUGH = """
def through(function, code):
    space = {}
    exec(code, space)
    return function(space["x"])
"""


@BOTH
def test_what_cannot_be_json_goes_through_our_own_source(confined: Confined) -> None:
    """It is made in the process of the function, and the function called with it."""
    functions = Functions(SOURCES, confined)
    calls = functions.calls("double", [["x = (1,)"], ["1/0"]], through=THROUGH)
    assert calls[0].value == [1, 1]
    assert calls[1].ended == "raised"


SUITE = """
from course.outage.traffic.messages import http_request, well_formed
import random

def test_a_valid_request_succeeds(service):
    assert service.send(well_formed(random.Random(1))).status == 200

def test_an_unknown_region_leaves_the_process_alive(service):
    service.send(http_request(b'{"region": "mars", "shard": 1}'))
    for _ in range(3):
        assert service.send(well_formed(random.Random(2))).status == 200
"""

GOOD, BAD = Release.named("good"), Release.named("bad")


@BOTH
def test_a_suite_tells_a_fault_from_a_reference(confined: Confined) -> None:
    """It accepts the good release and kills the bad one."""
    runs = SuiteRunner(SUITE, confined, seed=1).run({"reference": GOOD, "june": BAD})
    assert runs["reference"].accepts, runs
    assert not runs["reference"].kills
    assert runs["june"].kills
    assert not runs["june"].accepts
    assert len(runs["reference"].passed) == 2


NO_HTTP = """
from course.outage.traffic.messages import http_request

def test_the_log_has_the_line_of_each_request(service):
    for _ in range(15):
        service.send(b"\\x01\\r\\n\\r\\n")
        answer = service.send(http_request(b"{"))
        ids = [record.get("request_id") for record in service.log()]
        assert answer.headers["x-request-id"] in ids
"""


def test_the_log_is_whole_after_bytes_that_are_no_http() -> None:
    """The server logs a line about those, as about the bytes that mark its end."""
    runs = SuiteRunner(NO_HTTP, Confined.LIMITS, seed=1).run({"reference": GOOD})
    assert runs["reference"].accepts, runs


SAYS_IT_IS_BUSY = """
import os

def test_it_says_so(service):
    for fd in range(3, 64):
        try:
            os.write(fd, b'{"busy": "an answer: 30.0 0.5"}\\n')
        except OSError:
            pass
    assert False
"""


@BOTH
def test_a_suite_that_says_that_the_machine_is_busy_is_not_believed(
    confined: Confined,
) -> None:
    """It could have run all the while."""
    runs = SuiteRunner(SAYS_IT_IS_BUSY, confined, seed=1).run({"june": BAD})
    assert runs["june"].failed == ("::test_it_says_so",)


FAILS = """
def test_one(service): assert False
def test_two(service): assert False
def test_three(service): pass
"""


@BOTH
def test_a_run_ends_with_the_first_failure_that_tells(confined: Confined) -> None:
    """Go on past other failures; run nothing where no test could tell."""
    runner = SuiteRunner(FAILS, confined, seed=1)
    [one, two, three] = [f"::test_{n}" for n in ("one", "two", "three")]
    for telling, expected in (
        ((one,), SuiteRun((), (one,))),
        ((two, three), SuiteRun((), (one, two))),
        ((three,), SuiteRun((three,), (one, two))),
        ((), SuiteRun((), ())),
    ):
        assert runner.run({"june": BAD}, telling) == {"june": expected}


IN_ORDER = """
ran = []
def test_one(service): assert ran == []; ran.append(1)
def test_two(service): assert ran == [1]; ran.append(2)
def test_three(service): assert ran == [1, 2]; ran.append(3)
def test_four(service): assert ran == [1, 2, 3]
"""


def test_tests_run_in_the_order_that_is_asked_for() -> None:
    """That of the file, its reverse, and another that is always the same."""
    runner = SuiteRunner(IN_ORDER, Confined.LIMITS, seed=1)
    releases = dict.fromkeys(("file", "reverse", "shuffled"), GOOD)
    runs = runner.run(releases, orders=(0, 1, 2))
    assert runs["file"].accepts
    assert set(runs["reverse"].passed) == {"::test_one"}
    assert not runs["shuffled"].accepts
    assert runner.run({"again": GOOD}, orders=(2,)) == {"again": runs["shuffled"]}


UNREAD = "the cell cannot be imported: {}"
NO_PYTHON = "SyntaxError: 'return' outside function (test_answer.py, line 1)"


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("suite", "expected"),
    [
        ("", SuiteRun((), ())),
        ("return", SuiteRun((), (), UNREAD.format(NO_PYTHON))),
        (
            "raise OSError\ndef test_x(): pass",
            SuiteRun((), (), UNREAD.format("OSError")),
        ),
        ("def test_x():\n    while True: pass", SuiteRun((), (), OUT_OF_TIME)),
        ("import os; os._exit(0)", SuiteRun((), ())),
        (
            "import pytest\n@pytest.mark.skip\ndef test_x(): pass",
            SuiteRun((), ()),
        ),
    ],
    ids=["empty", "no python", "raises", "hangs", "exits", "skips"],
)
def test_a_suite_that_tests_nothing_accepts_and_kills_nothing(
    suite: str, expected: SuiteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it gets out of it."""
    monkeypatch.setattr("autograder.instruments.suites.SUITE_WITHIN_S", 4.0)
    run = SuiteRunner(suite, Confined.SANDBOX, seed=1).run({"reference": GOOD})
    assert run["reference"] == expected
    assert not run["reference"].accepts
    assert not run["reference"].kills


PEEKS = """
import os, sys

def test_nothing_tells_which_release_it_is(service):
    seen = []
    for folder, folders, files in os.walk("/"):
        if folder in {"/proc", "/usr", "/dev", sys.prefix, sys.base_prefix}:
            folders.clear()
        seen += [name for name in files + folders if name == "dispatch.py"]
        seen += [name for name in files + folders if name.startswith("release-")]
    words = " ".join(sys.argv) + repr(os.environ) + repr(vars(service))
    assert seen == []
    assert "reference" not in words and "planted" not in words
"""


@pytest.mark.sandbox
def test_a_suite_cannot_look_up_what_it_tests() -> None:
    """Neither source nor name of a release is in its sandbox."""
    planted, _ = plant(BAD, random.Random(1), ("OSError",))
    releases = {"reference": GOOD, "planted": planted}
    runs = SuiteRunner(PEEKS, Confined.SANDBOX, seed=3).run(releases)
    assert all(run.accepts for run in runs.values()), runs


def test_releases_are_run_in_an_order_of_the_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shuffled, and reported in the order that they were given in."""
    seen: list[Release] = []

    def note(
        _: SuiteRunner, release: Release, telling: Collection[str], order: int
    ) -> SuiteRun:
        assert not telling
        assert order == int(release.name[1:]) % 3
        seen.append(release)
        return SuiteRun((release.name,), ())

    monkeypatch.setattr(SuiteRunner, "_run", note)
    releases = {f"r{n}": Release(f"r{n}") for n in range(8)}
    runs = SuiteRunner("", Confined.LIMITS, seed=1).run(releases, orders=(0, 1, 2))
    assert list(runs) == list(releases)
    assert all(run.passed == (name,) for name, run in runs.items())
    assert [release.name for release in seen] != list(releases)


@BOTH
def test_one_that_reads_nothing_ends_in_time(confined: Confined) -> None:
    """It hangs before its first case, and that is more than a pipe holds."""
    functions = Functions({"f": "import time\ntime.sleep(60)"}, confined)
    [call] = functions.calls("f", [["x" * 1_000_000]], within_s=2.0)
    assert call.ended == "timed_out"


@BOTH
def test_a_conversation_may_pause(confined: Confined) -> None:
    """Only the time in which an answer is awaited counts against its limit."""
    source = "import time\ndef f(s): time.sleep(s); return s"
    with Functions({"f": source}, confined).conversation("f", within_s=2.0) as ask:
        assert ask(0.1).value == 0.1
        time.sleep(4)
        assert ask(0.2).value == 0.2
        assert ask(60).ended == "timed_out"


@BOTH
def test_a_conversation_asks_one_by_one(confined: Confined) -> None:
    """In one process; what it says first may decide what it is asked next."""
    functions = Functions(SOURCES, confined)
    with functions.conversation("count") as ask:
        assert [ask().value for _ in range(ask().value + 2)] == [2, 3, 4]
    with functions.conversation("leave") as ask:
        assert [ask(0).ended, ask(0).ended] == ["process_ended"] * 2
