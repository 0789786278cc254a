"""The same checker on other snippets.

Nothing here may reach a learner: see course/modules/README.md.
"""

import tomllib
from pathlib import Path

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions


def right(functions: Functions, found: bool) -> bool:
    """Whether the checker is right about the snippets with findings, or without."""
    text = Path(__file__).with_name("snippets.toml").read_text("utf-8")
    known = [s for s in tomllib.loads(text)["snippets"] if bool(s["lines"]) is found]
    calls = functions.calls("swallows_cancellation", [[s["source"]] for s in known])
    return all(c.value == s["lines"] for c, s in zip(calls, known, strict=True))


@guards(
    "test_swallowed_cancellation_is_found",
    sent="other snippets that swallow a cancellation.",
    saw="not every line was found, or others were.",
    expected="the four rules to decide.",
    look="nested statements, and clauses after the first.",
)
def test_other_snippets_are_found(functions: Functions) -> None:
    require(right(functions, found=True))


@guards(
    "test_honest_handlers_are_left_alone",
    sent="other snippets that swallow nothing.",
    saw="a finding.",
    expected="none.",
    look="rules 2 to 4.",
)
def test_other_honest_handlers_are_left_alone(functions: Functions) -> None:
    require(right(functions, found=False))
