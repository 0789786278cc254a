"""What becomes of a header: numbers, what is no number, and numbers that are too large.

A check runs in a process of its own and never imports what learners write: it calls their
functions or observes a release that is made of their answers, by the fixtures that
autograder/README.md lists. The points of all checks add up to 10. Held-back tests, which
guard these with other inputs, are in ../instructors/held_back/.
"""

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions

LONGEST_S = 3600
NO_NUMBERS = [None, "", "soon", "1.5", "-1", "Wed, 05 Jun 2024 14:45:00 GMT"]


def require_each(
    functions: Functions, headers: list[str | None], wanted: list[int | None], look: str
) -> None:
    """Raise Unmet, which is what the learner reads, for the first that is not as wanted.

    `look` points at the idea that is missing, not at the line to type.
    """
    calls = functions.calls("seconds_to_wait", [[header] for header in headers])
    for header, call, expected in zip(headers, calls, wanted, strict=True):
        if call.ended != "returned" or call.value != expected:
            raise Unmet(
                sent=f"seconds_to_wait({header!r}).",
                saw=f"{call}.",
                expected=f"{expected!r}.",
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
