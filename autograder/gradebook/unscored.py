"""A submission that has no score, and how nbgrader's gradebook is kept from having one.

To nbgrader a cell without a score is worth 0, and so is every sum and export of it.
"""

from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from autograder.judge import Verdict


class NotScored(Exception):
    """The verdict is inconclusive: there is nothing to be written."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(reason(verdict))


def reason(verdict: Verdict) -> str:
    """Say why there is no score, and what to do."""
    open_ = sum(check.outcome == "inconclusive" for check in verdict.checks)
    return (
        f"not scored: this machine was too busy to tell {open_} of"
        f" {len(verdict.checks)} checks, even alone and with more patience (lag"
        f" {verdict.lag_s:.2f} s of a second). End other work on it, or judge on"
        " another machine, then run the same command again. If it stays so, the answer"
        " may take all of the machine itself: read it, and grade it by hand."
    )


def is_scored(submission: Any) -> bool:
    """Whether every check of a submission in the gradebook has got a score."""
    return all(
        grade.auto_score is not None or grade.manual_score is not None
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.cell.cell_type == "code"
    )


def take_back(url: str, assignment: str, student: str) -> None:
    """Leave a submission in the gradebook without a score, but for what people gave."""
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
