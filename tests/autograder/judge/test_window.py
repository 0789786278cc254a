"""How many are judged at a time, and what is judged again, alone."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from autograder.judge import Verdict
from autograder.judge.window import PATIENCE, TOO_MUCH_LAG_S, Window, settled
from tests.autograder.judge.verdicts import verdict_of

QUIET = verdict_of("passed", lag_s=TOO_MUCH_LAG_S / 2)
LAGGING = verdict_of("passed", lag_s=TOO_MUCH_LAG_S * 1.5)


def a_round(window: Window, verdict: Verdict) -> None:
    """As many verdicts as there is room for, one after another."""
    for _ in range(window.size):
        window.judged(lambda: verdict)


def test_one_more_after_each_round_without_lag() -> None:
    """Up to a limit."""
    window = Window()
    first = window.size
    a_round(window, QUIET)
    assert window.size == first + 1
    for _ in range(window.most):
        a_round(window, QUIET)
    assert window.size == window.most


def test_half_as_many_after_lag() -> None:
    """Down to one a core, and from there up again."""
    window = Window()
    first = window.size
    window.judged(lambda: LAGGING)
    assert window.size == first // 2
    window.judged(lambda: LAGGING)
    assert window.size == window.least
    a_round(window, QUIET)
    assert window.size == window.least + 1


def test_a_number_that_was_asked_for_stays() -> None:
    """Whatever the lag."""
    window = Window(5)
    for verdict in (LAGGING, QUIET, QUIET):
        a_round(window, verdict)
        assert window.size == 5


class Held:
    """Judgements that end when they are told to."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def judged(self) -> Verdict:
        """The verdict, once it is let go."""
        self.begun.release()
        assert self.go.acquire(timeout=60)
        return self._verdict


def test_those_that_ran_at_the_time_of_a_halving_make_no_second_one() -> None:
    """They met the same lag; TCP halves once a round trip, too."""
    window = Window()
    first, held = window.size, Held(LAGGING)
    with ThreadPoolExecutor(first) as pool:
        running = [pool.submit(window.judged, held.judged) for _ in range(first)]
        for _ in running:
            assert held.begun.acquire(timeout=60)
        for _ in running:
            held.go.release()
    assert window.size == first // 2


def test_no_more_run_than_there_is_room_for() -> None:
    """The next begins when one has ended; one that breaks makes room as well."""
    window, held = Window(2), Held(QUIET)
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(window.judged, held.judged) for _ in range(3)]
        assert held.begun.acquire(timeout=60)
        assert held.begun.acquire(timeout=60)
        assert not held.begun.acquire(timeout=0.1)
        held.go.release()
        assert held.begun.acquire(timeout=60)
        for _ in range(2):
            held.go.release()
        assert [each.result() for each in running] == [QUIET] * 3
    broken = Window(1)
    with pytest.raises(ZeroDivisionError):
        broken.judged(lambda: verdict_of(str(1 // 0)))
    assert broken.judged(lambda: QUIET) == QUIET


def test_what_waits_for_room_does_not_begin_after_the_end() -> None:
    """Ctrl-C waits for those that run, and for no other."""
    window, held = Window(1), Held(QUIET)
    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(window.judged, held.judged)
        assert held.begun.acquire(timeout=60)
        waiting = pool.submit(window.judged, held.judged)
        alone = pool.submit(settled, Judge("inconclusive"), window)
        window.close()
        for each in (waiting, alone):
            with pytest.raises(CancelledError):
                each.result(timeout=60)
        held.go.release()
        assert running.result(timeout=60) == QUIET


class Judge:
    """Gives these verdicts in turn, and keeps what it was asked with."""

    def __init__(self, *outcomes: str | tuple[str, ...]) -> None:
        self._outcomes = list(outcomes)
        self.asked: list[tuple[float, int | None]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, patience: float, seed: int | None) -> Verdict:
        """The next one."""
        self.meanwhile()
        self.asked.append((patience, seed))
        outcomes = self._outcomes.pop(0)
        given = (outcomes,) if isinstance(outcomes, str) else outcomes
        return verdict_of(*given, seed=len(self.asked))


def test_what_could_be_told_is_judged_once() -> None:
    """With the usual patience."""
    judge = Judge("failed")
    assert settled(judge, Window()).score == 0
    assert judge.asked == [(1.0, None)]


def test_what_could_not_be_told_is_judged_twice_more_on_the_same_inputs() -> None:
    """With more patience; two that agree are believed."""
    judge = Judge("inconclusive", "passed", "passed")
    verdict = settled(judge, Window())
    assert (verdict.score, verdict.inconclusive) == (2.0, False)
    assert judge.asked == [(1.0, None), (PATIENCE, None), (PATIENCE, 2)]


def test_what_cannot_be_told_even_alone_stays_so() -> None:
    """A third judgement could not change it."""
    judge = Judge("inconclusive", "inconclusive")
    assert settled(judge, Window()).inconclusive
    assert len(judge.asked) == 2


def test_two_judgements_that_differ_make_no_score() -> None:
    """The checks on which they agree stay; the others say that they do not."""
    judge = Judge("inconclusive", ("passed", "passed"), ("passed", "failed"))
    agreed, differs = settled(judge, Window()).checks
    assert (agreed.outcome, differs.outcome) == ("passed", "inconclusive")
    assert "Judged twice" in differs.feedback.message


def test_judged_again_means_alone() -> None:
    """Nothing that runs beside it, and nothing that begins."""
    window, held = Window(2), Held(QUIET)
    judge = Judge("inconclusive", "passed", "passed")
    beside: list[bool] = []
    others_wait = threading.Event()

    def look_beside() -> None:
        if judge.asked:
            assert others_wait.wait(60)
            beside.append(held.begun.acquire(timeout=0.1))

    judge.meanwhile = look_beside
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(window.judged, held.judged)
        assert held.begun.acquire(timeout=60)
        again = pool.submit(settled, judge, window)
        held.go.release()
        first.result(timeout=60)
        others = [pool.submit(window.judged, held.judged) for _ in range(2)]
        others_wait.set()
        for _ in others:
            held.go.release()
        assert again.result(timeout=60).passed
    assert beside == [False, False]
