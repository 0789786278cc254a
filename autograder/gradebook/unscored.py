"""Submissions without a score, in nbgrader's gradebook.

To nbgrader a cell without a score is worth 0, and so is every sum and export of it.
"""

from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from autograder.judge import Verdict


class NotScored(Exception):
    """The verdict is inconclusive, so there is no score to write."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(reason(verdict))


def reason(verdict: Verdict) -> str:
    """Return why there is no score, and what to do about it."""
    undecided = sum(check.outcome == "inconclusive" for check in verdict.checks)
    return (
        f"not scored: this machine was too busy to tell {undecided} of"
        f" {len(verdict.checks)} checks, even alone and with more patience (lag"
        f" {verdict.lag_s:.2f} s of a second). End other work on it, or judge on"
        " another machine, then run the same command again. If it stays so, the answer"
        " may take all of the machine itself: read it, and grade it by hand."
    )


def is_scored(submission: Any) -> bool:
    """Return whether every check of a submission in the gradebook has a score."""
    return all(
        grade.auto_score is not None or grade.manual_score is not None
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.cell.cell_type == "code"
    )


def take_back(url: str, assignment: str, student: str) -> None:
    """Remove a submission's scores in the gradebook, except those that people gave."""
    with Gradebook(url) as book:
        try:
            submission = book.find_submission(assignment, student)
        except MissingEntry:
            return
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                if grade.cell.cell_type == "code":
                    grade.auto_score = None
                    grade.needs_manual_grade = True
        book.db.commit()
