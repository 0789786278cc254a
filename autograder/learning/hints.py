"""Four hints an answer, one more for each try; the reference solution after them.

A try is a check of an answer that differs from every one checked before. Tries and open
hints are recorded in the learner's journal, so a restart loses nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.judge import Exercise, JudgeError, Verdict, from_notebook
from autograder.judge.exercise import AnswerSlot
from course.learner import Journal
from course.learner.progress import VERDICT

HINT = "hint"


class NotOpenYet(JudgeError):
    """A hint or a solution cannot be shown yet; the message says when it can."""


def note(
    journal: Journal, exercise: Exercise, answers: Mapping[str, str], verdict: Verdict
) -> None:
    """Record the verdict on `answers` in `journal`. Raises JournalNotWritten.

    An inconclusive verdict is a try of the answers with a failed check, if there are
    any, and of no other.
    """
    if verdict.inconclusive:
        failed = wanting(exercise, verdict)
        cells = {slot.grade_id for slot in exercise.slots if slot.defines in failed}
        answers = {name: text for name, text in answers.items() if name in cells}
        if not answers:
            return
    digests = {
        grade_id: hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()
        for grade_id, text in answers.items()
    }
    journal.tell(
        VERDICT,
        exercise=exercise.name,
        score=verdict.score,
        points=verdict.points,
        passed=verdict.passed,
        answers=digests,
    )


@dataclass(frozen=True)
class Ladder:
    """The hints to one answer, of which the first `opened` may be read."""

    exercise: Exercise
    slot: AnswerSlot
    tries: int
    opened: int
    passed: bool

    @property
    def standing(self) -> str:
        """Return a line with the numbers of tries and of open hints."""
        noun = "try" if self.tries == 1 else "tries"
        hints = len(self.slot.hints)
        return f"{self.tries} {noun}, {self.opened} of {hints} hints open"

    @property
    def hints(self) -> list[str]:
        """Return the hints that are open."""
        return list(self.slot.hints[: self.opened])

    def refusal(self) -> str:
        """Return why no further hint can be opened now, or an empty string."""
        if self.opened == len(self.slot.hints):
            return "All hints are open; the reference solution can be shown."
        if self.tries == 0:
            return "Check your answer once; then the first hint is there."
        if self.opened >= self.tries:
            return "One hint a try: change your answer and check it, then ask again."
        return ""

    def open_next(self, journal: Journal) -> str:
        """Open the next hint and return it. Raises NotOpenYet and JournalNotWritten."""
        if refusal := self.refusal():
            raise NotOpenYet(refusal)
        rung = self.opened + 1
        journal.tell(
            HINT, exercise=self.exercise.name, answer=self.slot.grade_id, rung=rung
        )
        return self.slot.hints[rung - 1]

    def solution_refusal(self) -> str:
        """Return why the reference solution is not shown yet, or an empty string."""
        if self.passed or self.opened == len(self.slot.hints):
            return ""
        return (
            "The reference solution is shown once every check passes, or once all"
            f" {len(self.slot.hints)} hints are open."
        )

    def solution(self) -> str:
        """Return the reference solution. Raises NotOpenYet, also if there is none."""
        if refusal := self.solution_refusal():
            raise NotOpenYet(refusal)
        if not self.exercise.solution.exists():
            raise NotOpenYet(
                "This copy of the course has no solutions in it. Ask your instructor."
            )
        return from_notebook(self.exercise.solution)[0][self.slot.grade_id]


def ladders(exercise: Exercise, journal: Journal) -> dict[str, Ladder]:
    """Return the ladder of each answer, by the name that the answer's cell defines."""
    events = [e for e in journal.events() if e.get("exercise") == exercise.name]
    checked = [e for e in events if e["kind"] == VERDICT]
    hints = [e for e in events if e["kind"] == HINT and isinstance(e.get("rung"), int)]
    passed = any(e.get("passed") is True for e in checked)

    def tries(slot: AnswerSlot) -> int:
        digests = [e["answers"] for e in checked if isinstance(e.get("answers"), dict)]
        return len({str(d[slot.grade_id]) for d in digests if slot.grade_id in d})

    def opened(slot: AnswerSlot) -> int:
        rungs = [e["rung"] for e in hints if e.get("answer") == slot.grade_id]
        return min(max(rungs, default=0), len(slot.hints))

    return {
        slot.defines: Ladder(exercise, slot, tries(slot), opened(slot), passed)
        for slot in exercise.slots
    }


def wanting(exercise: Exercise, verdict: Verdict) -> list[str]:
    """Return the names of the answers that checks which did not pass are about.

    An inconclusive check says nothing about its answer.
    """
    not_failed = {"passed", "inconclusive"}
    failed = {c.name for c in verdict.checks if c.outcome not in not_failed}
    about = {
        grade_id
        for objective in exercise.objectives
        if failed.intersection(objective.checks)
        for grade_id in exercise.answers_to(objective)
    }
    return [slot.defines for slot in exercise.slots if slot.grade_id in about]
