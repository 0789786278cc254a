"""Held-back tests of the same promises, with headers drawn anew for each judgement.

Nothing here may reach a learner: see course/modules/README.md. Each test guards the check
that it names. If it fails, the learner reads only the sentences of its mark. An exercise
whose checks draw their own inputs needs no guard.
"""

import random
import string

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions


@guards(
    "test_a_number_is_a_wait",
    sent="seconds_to_wait(…) for other numbers up to an hour.",
    saw="not every number came back.",
    expected="the number itself.",
    look="what your function does besides reading the number.",
)
def test_other_numbers(functions: Functions, seeded: random.Random) -> None:
    numbers = [seeded.randint(2, 3599) for _ in range(20)]
    calls = functions.calls("seconds_to_wait", [[str(number)] for number in numbers])
    require([call.value for call in calls] == numbers)


@guards(
    "test_what_is_no_number_is_no_wait",
    sent="seconds_to_wait(…) for other texts that are no number.",
    saw="not every result was None.",
    expected="None, whatever the text.",
    look="whether your function asks for one text, or for every text.",
)
def test_other_texts(functions: Functions, seeded: random.Random) -> None:
    texts = ["".join(seeded.choices(string.ascii_letters, k=8)) for _ in range(20)]
    calls = functions.calls("seconds_to_wait", [[text] for text in texts])
    require(all(call.ended == "returned" and call.value is None for call in calls))
