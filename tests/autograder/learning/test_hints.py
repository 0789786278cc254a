"""Hints: one a try, four at most; the solution after them, or after a full pass."""

import pytest

from autograder.judge import Check, Exercise, Verdict, from_notebook
from autograder.learning.hints import Ladder, NotOpenYet, ladders, note, wanting
from course.learner import Journal

EXERCISE = Exercise.named("01")
ANSWER = EXERCISE.slots[0]


def verdict(*failed: str, inconclusive: str = "") -> Verdict:
    """A verdict in which the checks called `failed` did not pass."""
    checks = [
        Check(
            name=test,
            title="",
            points=1.0,
            outcome="inconclusive"
            if test == inconclusive
            else "failed"
            if test in failed
            else "passed",
        )
        for objective in EXERCISE.objectives
        for test in objective.checks
    ]
    return Verdict(
        exercise=EXERCISE.name,
        answers_digest="",
        checks_digest="",
        confined="limits",
        held_back=False,
        seed=0,
        checks=checks,
        phases={},
        seconds=0.0,
    )


def tried(journal: Journal, *texts: str, passed: bool = False) -> Ladder:
    """The ladder after each of `texts` was checked as an answer."""
    failing = () if passed else ("test_burn_rate",)
    for text in texts:
        note(journal, EXERCISE, {ANSWER.grade_id: text}, verdict(*failing))
    return ladders(EXERCISE, journal)[ANSWER.defines]


def test_no_hint_before_the_first_try() -> None:
    """And the message says what to do."""
    journal = Journal(None)
    with pytest.raises(NotOpenYet, match="Check your answer once"):
        tried(journal).open_next(journal)


def test_each_new_answer_opens_one_more() -> None:
    """The same answer checked again is no new try."""
    journal = Journal(None)
    assert tried(journal, "a", "a ").open_next(journal) == ANSWER.hints[0]
    with pytest.raises(NotOpenYet, match="change your answer"):
        tried(journal, "a").open_next(journal)
    assert tried(journal, "b").open_next(journal) == ANSWER.hints[1]
    assert tried(journal).hints == list(ANSWER.hints[:2])
    assert tried(journal).standing == "2 tries, 2 of 4 hints open"


def test_the_solution_is_shown_after_four_hints() -> None:
    """Not one hint earlier."""
    journal = Journal(None)
    for text in "abcd":
        with pytest.raises(NotOpenYet, match="once all 4 hints are open"):
            tried(journal).solution()
        tried(journal, text).open_next(journal)
    with pytest.raises(NotOpenYet, match="All hints are open"):
        tried(journal, "e").open_next(journal)
    expected = from_notebook(EXERCISE.solution)[0][ANSWER.grade_id]
    assert tried(journal).solution() == expected


def test_the_solution_is_shown_after_a_full_pass() -> None:
    """Without any hint; a worse try afterwards takes nothing away."""
    journal = Journal(None)
    tried(journal, "a", passed=True)
    assert "def" in tried(journal, "b").solution()


def test_only_answers_that_a_failing_check_is_about_want_a_hint() -> None:
    """As the objectives say which those are."""
    assert wanting(EXERCISE, verdict("test_budget_spent")) == ["budget_spent"]
    assert wanting(EXERCISE, verdict()) == []


def test_what_could_not_be_told_is_no_try() -> None:
    """What failed beside it is one, of the answer that it is about."""
    journal = Journal(None)
    answers = {slot.grade_id: "a" for slot in EXERCISE.slots}
    note(journal, EXERCISE, answers, verdict(inconclusive="test_burn_rate"))
    assert journal.events() == []
    told = verdict("test_budget_spent", inconclusive="test_burn_rate")
    note(journal, EXERCISE, answers, told)
    tries = {name: found.tries for name, found in ladders(EXERCISE, journal).items()}
    assert tries == dict.fromkeys(tries, 0) | {"budget_spent": 1}
    assert wanting(EXERCISE, told) == ["budget_spent"]


def test_damaged_entries_of_the_journal_are_passed_over() -> None:
    """An edited journal must not break a check."""
    journal = Journal(None)
    journal.tell("hint", exercise=EXERCISE.name, answer=ANSWER.grade_id, rung="9")
    journal.tell("hint", exercise=EXERCISE.name, answer=ANSWER.grade_id, rung=99)
    journal.tell("hint", exercise=EXERCISE.name, answer=["?"], rung=1)
    journal.tell("verdict", exercise=EXERCISE.name, answers="x")
    assert tried(journal).opened == 4
