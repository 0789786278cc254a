"""The same checker on other snippets.

Nothing here may reach a learner: see course/modules/README.md.
"""

import random
import tomllib
from pathlib import Path

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions


def right(functions: Functions, rng: random.Random, found: bool) -> bool:
    """Whether the checker is right about the snippets with findings, or without.

    All are asked about, in drawn order, each some lines further down.
    """
    text = Path(__file__).with_name("snippets.toml").read_text("utf-8")
    known = tomllib.loads(text)["snippets"]
    rng.shuffle(known)
    shifts = [rng.randrange(4) for _ in known]
    cases = [
        ["# A comment.\n" * shift + snippet["source"]]
        for snippet, shift in zip(known, shifts, strict=True)
    ]
    calls = functions.calls("swallows_cancellation", cases)
    return all(
        call.value == [line + shift for line in snippet["lines"]]
        for call, snippet, shift in zip(calls, known, shifts, strict=True)
        if bool(snippet["lines"]) is found
    )


@guards(
    "test_swallowed_cancellation_is_found",
    sent="other snippets that swallow a cancellation.",
    saw="a line that was not found, or one that should not have been.",
    expected="the four rules to decide.",
    look="nested statements, and clauses after the first.",
)
def test_other_snippets_are_found(functions: Functions, seeded: random.Random) -> None:
    require(right(functions, seeded, found=True))


@guards(
    "test_honest_handlers_are_left_alone",
    sent="other snippets that swallow nothing.",
    saw="not an empty list for each.",
    expected="an empty list for each.",
    look="rules 2 to 4.",
)
def test_other_honest_handlers_are_left_alone(
    functions: Functions, seeded: random.Random
) -> None:
    require(right(functions, seeded, found=False))
