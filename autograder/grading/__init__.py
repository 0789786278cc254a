"""A class at a time: submissions in, verdicts by many workers, grades into nbgrader.

    a folder, a zip ──intake──▶ submitted/ ──▶ answers ──cluster──▶ verdicts
                                                                        │ one process
                                        nbgrader's gradebook ◀──book────┘

A verdict is stored under a digest of all that it depends on (see judge/store.py). So a
run that was interrupted continues where it stopped, and nothing is judged twice.
"""

from autograder.gradebook.errors import AlreadyGrading, ClusterLost, GradingError

__all__ = ["AlreadyGrading", "ClusterLost", "GradingError"]
