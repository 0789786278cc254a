"""The fork servers of a grader: what becomes of a verdict where they fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.judge import Check, Exercise, JudgingFailed, fork_servers, judge
from autograder.learning.presenting import as_text
from autograder.sandbox import Confined
from course.outage.errors import ForkServerGone
from tests.instructor import solution

pytestmark = [pytest.mark.sandbox, pytest.mark.process]

EXERCISE = Exercise.named("05")
ANSWER = {"dispatcher": solution()}


@pytest.fixture(autouse=True)
def own_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """None from before, and none that are left."""
    fork_servers.end()
    monkeypatch.setattr(fork_servers, "_refused", False)
    yield
    fork_servers.end()


def test_one_pair_serves_all_judgements() -> None:
    """It is started once."""
    first = fork_servers.servers(Confined.SANDBOX)
    assert first is not None
    verdict = judge(EXERCISE, ANSWER, confined=Confined.SANDBOX)
    assert verdict.passed, as_text(verdict)
    assert fork_servers.servers(Confined.SANDBOX) is first


def test_where_a_sandbox_cannot_be_joined_processes_are_started_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the same verdict, and a word about it, once."""

    def refuse(*_: object) -> None:
        raise ForkServerGone("not on this machine")

    monkeypatch.setattr(fork_servers, "_prove", refuse)
    for _ in range(2):
        verdict = judge(EXERCISE, ANSWER, confined=Confined.SANDBOX)
        assert verdict.passed, as_text(verdict)
    assert fork_servers.servers(Confined.SANDBOX) is None
    [record] = caplog.records
    assert "takes longer: not on this machine" in record.getMessage()


def test_a_server_that_is_lost_costs_a_judgement_and_no_grade() -> None:
    """The answer is not blamed; the next judgement has servers again."""

    seen: list[Check] = []

    def lose(check: Check) -> None:
        if not seen:
            running = fork_servers.servers(Confined.SANDBOX)
            assert running is not None
            running.service.close()
        seen.append(check)

    with pytest.raises(JudgingFailed, match="Judge it again"):
        judge(EXERCISE, ANSWER, lose, confined=Confined.SANDBOX)
    verdict = judge(EXERCISE, ANSWER, confined=Confined.SANDBOX)
    assert verdict.passed, as_text(verdict)


def test_what_forks_services_has_no_secret_in_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Learner code may read all the memory that it was forked with."""
    monkeypatch.setenv("OUTAGE_SECRET", "x")
    running = fork_servers.servers(Confined.SANDBOX)
    assert running is not None
    environ = Path(f"/proc/{running.service._process.pid}/environ").read_bytes()
    names = {entry.partition(b"=")[0] for entry in environ.split(b"\0") if entry}
    harmless = {b"PATH", b"LANG", b"PYTHONPATH", b"HYPOTHESIS_STORAGE_DIRECTORY"}
    assert names == harmless


def test_a_learners_checks_need_no_sandbox_to_be_quick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their forks are tried in a sandbox only for a judgement that asks for one."""
    tried = []
    prove = fork_servers._prove
    monkeypatch.setattr(
        fork_servers, "_prove", lambda *given: (tried.append(given), prove(*given))
    )
    assert judge(EXERCISE, ANSWER).passed
    first = fork_servers.servers(Confined.LIMITS)
    assert first is not None
    assert not tried
    assert fork_servers.servers(Confined.SANDBOX) is first
    assert judge(EXERCISE, ANSWER, confined=Confined.SANDBOX).passed
    assert len(tried) == 1
