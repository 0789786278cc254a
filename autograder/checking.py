"""The address at which notebooks import `check`.

It stays, wherever the code moves: copies of notebooks in work/ outlive an update of the
course, and a submission is compared with the released notebook, imports included.
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
