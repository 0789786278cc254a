"""The same promises with other headers.

Nothing here may reach a learner: see course/modules/README.md.
"""

import json
import random
import string

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions

THROUGH = """
def through(parse_route, header):
    shards = {"eu-west": 8, "us-east": 8, "ap-south": 4}
    try:
        return list(parse_route(header, shards.__getitem__))
    except Exception as exc:
        notes = [str(note) for note in getattr(exc, "__notes__", [])]
        return {
            "raised": type(exc).__name__,
            "caused": exc.__cause__ is not None,
            "noted": any(repr(header) in note for note in notes),
        }
"""


def word(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9)))


@guards(
    "test_the_order_of_handlers",
    sent="steps_of(…) with other headers than those of the table.",
    saw="not each took the right steps.",
    expected="the handler that is meant for the exception.",
    look="what your function goes by: the exceptions, or the five examples.",
)
def test_other_headers_take_their_handlers(
    functions: Functions, seeded: random.Random
) -> None:
    number = seeded.randint(0, 99)
    cases = {
        json.dumps({word(seeded): 1, "shard": number}): f"shard {number}",
        json.dumps({"shard": f" {number} "}): f"shard {number}",
        json.dumps({"shard": 2.75}): "shard 2",
        json.dumps({"shard": word(seeded)}): "no number",
        json.dumps({"shard": ""}): "no number",
        json.dumps({word(seeded): number}): "no shard",
        "{}": "no shard",
        word(seeded): "no JSON",
        f"{{'shard': {number}}}": "no JSON",
        json.dumps({"shard": [number]}): "something else",
        json.dumps(word(seeded)): "something else",
        str(number): "something else",
        "null": "something else",
        '{"shard": 1e999}': "something else",
    }
    calls = functions.calls("steps_of", [[header] for header in cases])
    require([c.value for c in calls] == [[step, "done"] for step in cases.values()])


@guards(
    "test_malformed_headers_are_translated",
    sent="parse_route(…) with other headers, valid and malformed.",
    saw="not each gave its pair, or a RouteError with its cause and a note.",
    expected="the same as for the headers above.",
    look="the types that your handler names, and every path on which you raise.",
)
def test_other_headers_are_translated(
    functions: Functions, seeded: random.Random
) -> None:
    region = seeded.choice(["eu-west", "us-east", "ap-south"])
    shard = seeded.randint(0, 3)
    valid = [
        json.dumps({"region": region.upper(), "shard": shard}),
        json.dumps({"shard": str(shard), "region": region.title(), word(seeded): 1}),
    ]
    malformed = [
        word(seeded),
        "",
        "null",
        json.dumps([region, shard]),
        str(shard),
        json.dumps({"region": region}),
        json.dumps({"region": None, "shard": shard}),
        json.dumps({"region": [region], "shard": shard}),
        json.dumps({"region": region, "shard": word(seeded)}),
        json.dumps({"region": region, "shard": [shard]}),
        f'{{"region": "{region}", "shard": -1e999}}',
        f'{{"region": "{region}", "shard": NaN}}',
    ]
    missing = [
        json.dumps({"region": region, "shard": seeded.randint(8, 99)}),
        json.dumps({"region": region, "shard": -1}),
    ]
    cases = [[header] for header in (*valid, *malformed, *missing)]
    results = [
        call.value for call in functions.calls("parse_route", cases, through=THROUGH)
    ]
    require(results[: len(valid)] == [[region, shard]] * len(valid))
    wrong = results[len(valid) :]
    require(all(isinstance(r, dict) and r["raised"] == "RouteError" for r in wrong))
    require(all(r["noted"] for r in wrong))
    require(all(r["caused"] for r in wrong[: len(malformed)]))
