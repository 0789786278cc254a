"""The same promises with other headers.

Nothing here may reach a learner: see course/modules/README.md.
"""

import json
import random
import string

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions

THROUGH = """
import builtins


def through(parse_route, header, shards, bug, text):
    kind = getattr(builtins, bug, None) or type(bug, (Exception,), {})

    def shards_of(region):
        if bug:
            raise kind(text)
        return shards[region]

    try:
        region, shard = parse_route(header, shards_of)
    except Exception as exc:
        notes = [str(note) for note in getattr(exc, "__notes__", [])]
        return {
            "refused": "RouteError" in [k.__name__ for k in type(exc).__mro__],
            "caused": getattr(exc.__cause__, "__traceback__", None) is not None,
            "noted": any(repr(header) in note for note in notes),
            "is_the_bug": type(exc) is kind and str(exc) == str(kind(text)),
        }
    return [region, shard, type(shard).__name__]
"""


def word(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9)))


@guards(
    "test_the_order_of_handlers",
    sent="steps_of(…) with other headers than those of the table.",
    saw="not all of them took the right steps.",
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
    saw="not all gave their pair, or a RouteError with its cause and a note.",
    expected="the same as for the headers above.",
    look="the types that your handler names, and every path on which you raise.",
)
def test_other_headers_are_translated(
    functions: Functions, seeded: random.Random
) -> None:
    region, count = f"{word(seeded)}-{word(seeded)}", seeded.randint(3, 30)
    shards = {region: count, "eu-west": 8}
    shard = seeded.randrange(count)
    valid = {
        json.dumps({"region": region.upper(), "shard": shard}): shard,
        json.dumps({"shard": str(shard), "region": region.title()}): shard,
        json.dumps({"region": region, word(seeded): {}, "shard": 0}): 0,
        f'{{"region":"{region}","shard":{count - 1}}}': count - 1,
    }
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
        json.dumps({"region": region, "shard": [shard], "trace": "7" * 300}),
        f'{{"region": "{region}", "shard": -1e999}}',
        f'{{"region": "{region}", "shard": NaN}}',
        f"{{'region': \"{region}\\n\", 'shard': {shard}}}",
    ]
    missing = [
        json.dumps({"region": region, "shard": number})
        for number in (count, -1, seeded.randint(count, 10**9))
    ]
    cases = [[h, shards, "", ""] for h in (*valid, *malformed, *missing)]
    results = [
        call.value for call in functions.calls("parse_route", cases, through=THROUGH)
    ]
    require(results[: len(valid)] == [[region, n, "int"] for n in valid.values()])
    wrong = results[len(valid) :]
    require(all(isinstance(r, dict) and r["refused"] for r in wrong))
    require(all(r["noted"] and r["caused"] for r in wrong[: len(malformed)]))


@guards(
    "test_our_own_bugs_come_out",
    sent="valid headers, where shards_of() has other bugs than those above.",
    saw="not all of them came out.",
    expected="the exception that shards_of() raises, whatever its type.",
    look="what stands in your try besides the reading of the header.",
)
def test_other_bugs_come_out(functions: Functions, seeded: random.Random) -> None:
    bugs = ("OSError", "AssertionError", "ZeroDivisionError", "UnboundLocalError")
    cases = [
        [json.dumps({"region": word(seeded), "shard": 1}), {}, bug, word(seeded)]
        for bug in (*bugs, "LookupError", word(seeded).title())
    ]
    calls = functions.calls("parse_route", cases, through=THROUGH)
    require(all(isinstance(c.value, dict) and c.value["is_the_bug"] for c in calls))
