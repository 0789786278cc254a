"""Re-exports `check` and its like, at the address that notebooks import them from.

A learner's copy of an exercise in work/ outlives an update of the course. So this
address stays, wherever the code moves.
"""

from autograder.learning.checking import (
    cell_of,
    check,
    hint,
    release_of,
    solution,
    try_suite,
)

__all__ = ["cell_of", "check", "hint", "release_of", "solution", "try_suite"]
