"""judge(exercise, answers) -> Verdict: the one path to every grade.

    answers (text) ─▶ a release ─▶ the checks, in a pytest process of their own
                                      │ look at the running release from outside
    Verdict ◀── one JSON line a check ┘

No learner code is ever imported here or by the checks: it runs in replicas, or as a
function or a test suite in a process of its own, always confined.
"""

from .answers import Answers, from_notebook
from .errors import JudgeError, JudgingFailed
from .exercise import Exercise
from .judging import judge, judge_best
from .verdict import Check, Feedback, Verdict

__all__ = [
    "Answers",
    "Check",
    "Exercise",
    "Feedback",
    "JudgeError",
    "JudgingFailed",
    "Verdict",
    "from_notebook",
    "judge",
    "judge_best",
]
