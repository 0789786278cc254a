"""The names that notebooks import, such as `check`, at an address that stays.

A learner's copy of an exercise in work/ outlives updates of the course, so this
address stays the same wherever the code moves.
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
