"""The errors that grading a class raises; each message says what to do next.

GradingError
├── NothingToGrade    no submission to this exercise
├── IntakeRefused     the folder or archive holds no class
├── ClusterLost       there is no scheduler, or its workers have other checks
├── AlreadyGrading    another run is at work in this course
└── GradebookRefused  nbgrader could not write a grade
"""


class GradingError(Exception):
    """Grading cannot begin, or cannot go on; grades written so far are kept."""

    exits_with = 2  # the exit code of a command that ends with it


class NothingToGrade(GradingError):
    """There is no submission to this exercise."""


class IntakeRefused(GradingError):
    """A folder or archive that holds no submissions, or is not safe to open."""


class ClusterLost(GradingError):
    """The cluster cannot be reached, or its workers have other checks."""

    exits_with = 3


class AlreadyGrading(GradingError):
    """Another run is writing this course's gradebook."""

    exits_with = 3


class GradebookRefused(GradingError):
    """nbgrader could not write a grade into its gradebook."""
