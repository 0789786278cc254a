"""Checks of headers that are numbers, are no numbers, and are numbers that are too large.

A check runs in a process of its own and never imports learner code: it calls learners'
functions, or observes a release made of their answers, by the fixtures that
autograder/README.md lists. The points of all checks add up to 10. Held-back tests, which
guard these checks with other inputs, are in ../instructors/held_back/.
"""

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions

LONGEST_S = 3600
NO_NUMBERS = [None, "", "soon", "1.5", "-1", "Wed, 05 Jun 2024 14:45:00 GMT"]


def require_each(
    functions: Functions,
    headers: list[str | None],
    expected: list[int | None],
    look: str,
) -> None:
    """Raise Unmet, which the learner reads, for the first call with another result.

    `expected` are the results. `look` points at the missing idea, not at the line to type.
    """
    calls = functions.calls("seconds_to_wait", [[header] for header in headers])
    for header, call, wait_s in zip(headers, calls, expected, strict=True):
        if call.ended != "returned" or call.value != wait_s:
            raise Unmet(
                sent=f"seconds_to_wait({header!r}).",
                saw=f"{call}.",
                expected=f"{wait_s!r}.",
                look=look,
            )


@check("A number of seconds is waited for", points=3)
def test_a_number_is_a_wait(functions: Functions) -> None:
    require_each(functions, ["120", "0", "1"], [120, 0, 1], "what zero means.")


@check("What is no number of seconds is no wait", points=4)
def test_what_is_no_number_is_no_wait(functions: Functions) -> None:
    nothing = [None] * len(NO_NUMBERS)
    look = "what int() raises for this header, if it raises anything."
    require_each(functions, NO_NUMBERS, nothing, look)


@check("No server makes a client wait longer than an hour", points=3)
def test_a_long_wait_is_cut(functions: Functions) -> None:
    require_each(
        functions, ["3600", "3601", "999999"], [LONGEST_S] * 3, "who decides how long."
    )
