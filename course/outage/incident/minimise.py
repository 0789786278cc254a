"""Delta debugging: shrinks a failing input to the least that still fails.

A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
Transactions on Software Engineering 28(2), 2002: the algorithm ddmin, without its
subset step, which the complements make up for.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

Part = TypeVar("Part")


def minimise(parts: Sequence[Part], fails: Callable[[list[Part]], bool]) -> list[Part]:
    """Shrink `parts` while it `fails`; return the rest, of which no one part can go.

    Leaves out large chunks first, then smaller ones. Raises ValueError if `parts` does
    not fail to begin with.
    """
    left = list(parts)
    if not fails(left):
        raise ValueError("This does not fail as it stands; there is nothing to shrink.")
    chunk = max(1, len(left) // 2)
    while True:
        start, shrunk = 0, False
        while start < len(left):
            rest = left[:start] + left[start + chunk :]
            if fails(rest):
                left, shrunk = rest, True
            else:
                start += chunk
        if chunk == 1 and not shrunk:
            return left
        if not shrunk:
            chunk = max(1, chunk // 2)
