"""A reproducer and a test against real releases; two functions on small cases."""

import random
import string
from collections.abc import Callable
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Call, Functions
from autograder.instruments.observe import READY_WITHIN_S, dies
from autograder.instruments.plugin import StartFleet
from autograder.instruments.suites import SuiteRun, SuiteRunner
from course.outage import Release
from course.outage.fleet.failure import failure_of
from course.outage.traffic.messages import http_request

# As in the exercise.
CAPTURED = (
    '{"v": 2, "shard": 3, "client": "batch-import/4.1 (linux; amd64)", "retry": 2, '
    '"region": ["eu-west", "us-east"], "trace": "4bf92f3577b34da6a3ce929d0e0e4736", '
    '"deadline_ms": 30000}'
)
LONGEST = 13

# Releases that are right in another way: their answer to a malformed request is a 4xx.
# The second is June's, with its line repaired.
ANSWERS_422 = """

from fastapi import HTTPException

_resolve = resolve


def resolve(header: bytes) -> Backend:
    try:
        return _resolve(header)
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise HTTPException(422, "malformed X-Route header") from exc
"""

LOOKS_UP = "        lookup.reply.set_result(cached_resolve(lookup.header))\n"
ANSWERS_400 = """
        from fastapi import HTTPException

        try:
            lookup.reply.set_result(cached_resolve(lookup.header))
        except Exception:
            lookup.reply.set_exception(HTTPException(400, "malformed X-Route header"))
"""

Failing = Callable[[str], tuple[str, str] | None]


@pytest.fixture(scope="module")
def failing(start_ours: StartFleet) -> Failing:
    """How a header fails on the good release: type and place, or None."""
    fleet = start_ours(Release.named("good"))

    def how(header: str) -> tuple[str, str] | None:
        return failure_of(fleet, request_with(header))

    return how


def request_with(header: str) -> bytes:
    return http_request(header.encode("utf-8", "replace"))


AS_TEXT = """
def through(reproducer):
    header = reproducer()
    return header.decode() if isinstance(header, bytes) else header
"""


def header_from(functions: Functions) -> str:
    """What reproducer() returns; raise Unmet if it is no header."""
    [call] = functions.calls("reproducer", [[]], through=AS_TEXT)
    header = call.value
    if not isinstance(header, str) or "\n" in header or "\r" in header:
        raise Unmet(
            sent="reproducer()", saw=f"{call}.", expected="a header: text of one line."
        )
    return header


def as_words(failure: tuple[str, str] | None) -> str:
    return " in ".join(failure) if failure else "no failure: the answer is not a 500"


@check("The reproducer fails as the captured request does, and kills", points=1.5)
def test_the_reproducer_fails_alike(
    functions: Functions, failing: Failing, start_ours: StartFleet
) -> None:
    header = header_from(functions)
    wanted, found = failing(CAPTURED), failing(header)
    if found != wanted:
        raise Unmet(
            sent=f"X-Route: {header}",
            saw=f"{as_words(found)}.",
            expected=f"the failure of the captured request: {as_words(wanted)}.",
            look="what you compare while you shrink. “It fails” is not “it fails"
            " alike”.",
        )
    june = start_ours(Release.named("bad"))
    june.send(request_with(header))
    if not dies(june, 0, READY_WITHIN_S):
        raise Unmet(
            sent=f"X-Route: {header}, to June's release",
            saw="the process lives.",
            expected="the process dies.",
        )


@check("Nothing can be left out of the reproducer", points=1.5)
def test_the_reproducer_is_minimal(functions: Functions, failing: Failing) -> None:
    header = header_from(functions)
    wanted = failing(CAPTURED)
    if failing(header) != wanted:
        raise Unmet(
            sent=f"X-Route: {header}",
            saw="another failure than the captured one.",
            expected="the right failure first, and then the least that causes it.",
        )
    if len(header) > LONGEST:
        raise Unmet(
            sent=f"X-Route: {header}",
            saw=f"{len(header)} characters.",
            expected=f"at most {LONGEST}.",
            look="fields that the failure does not need, and whitespace.",
        )
    for n in range(len(header)):
        shorter = header[:n] + header[n + 1 :]
        if failing(shorter) == wanted:
            raise Unmet(
                sent=f"X-Route: {shorter}",
                saw=f"the same failure, without character {n + 1} of yours.",
                expected="another failure or none, whichever character is left out.",
                look="what minimise() returns when its parts are single characters.",
            )


@pytest.fixture(scope="module")
def runs(suite: SuiteRunner) -> dict[str, SuiteRun]:
    """The learner's test, run against three right releases and June's."""
    good, june = Release.named("good"), Release.named("bad")
    return suite.run(
        {
            "good": good,
            "422": good.called("422").extended("routing.py", ANSWERS_422),
            "400": june.called("400").edited("dispatch.py", LOOKS_UP, ANSWERS_400),
            "june": june,
        }
    )


def as_seen(run: SuiteRun) -> str:
    """A run of the learner's test in words."""
    if run.stopped:
        return run.stopped
    if run.failed:
        return f"{', '.join(test.removeprefix('::') for test in run.failed)} failed"
    return "it passed" if run.passed else "there was no test that ran"


def require_right_releases_to_pass(runs: dict[str, SuiteRun]) -> None:
    """Raise Unmet unless the test accepts every right release."""
    names = {
        "good": "the good release, which answers malformed requests with 500",
        "422": "a release that answers malformed requests with 422",
        "400": "June's release, repaired: it answers malformed requests with 400",
    }
    for key, name in names.items():
        if not runs[key].accepts:
            raise Unmet(
                sent=f"your test to {name}.",
                saw=f"{as_seen(runs[key])}.",
                expected="a pass: nothing is wrong with this release.",
                look=""
                if runs[key].stopped or not runs[key].failed
                else "what your test demands. A malformed request may be answered in"
                " several right ways; a valid one in one.",
            )


@check("The test passes on releases that are right", points=1)
def test_the_test_passes_on_right_releases(runs: dict[str, SuiteRun]) -> None:
    require_right_releases_to_pass(runs)


@check("The test fails on June's release, and not on right ones", points=2)
def test_the_test_fails_on_junes_release(runs: dict[str, SuiteRun]) -> None:
    require_right_releases_to_pass(runs)
    if not runs["june"].kills:
        raise Unmet(
            sent="your test to June's release.",
            saw=f"{as_seen(runs['june'])}.",
            expected="a failure.",
            look="whom June's release hurts: not the sender of the malformed request,"
            " who gets the same answer as before.",
        )


STEPS = {
    '{"shard": "3"}': (["shard 3", "done"], "`else`, which follows success alone."),
    '{"shard': (["no JSON", "done"], "the order: JSONDecodeError is a ValueError."),
    '{"shard": "three"}': (["no number", "done"], "which class int() raises."),
    '{"region": 1}': (["no shard", "done"], "which class a missing key raises."),
    "[3]": (["something else", "done"], "the clause that fits everything."),
    '{"shard": null}': (["something else", "done"], "the clause that fits everything."),
    "": (["no JSON", "done"], "the order: JSONDecodeError is a ValueError."),
}


@check("Each header takes the handler that is meant for it", points=2)
def test_the_order_of_handlers(functions: Functions) -> None:
    calls = functions.calls("steps_of", [[header] for header in STEPS])
    for (header, (expected, look)), call in zip(STEPS.items(), calls, strict=True):
        if call.value != expected:
            raise Unmet(
                sent=f"steps_of({header!r})",
                saw=f"{call}.",
                expected=repr(expected),
                look=look,
            )


# Called in the process of the learner's function: an exception is no JSON. `kinds` are
# the exception's classes, since a RouteError may have subclasses.
THROUGH = """
import builtins, json


def bug_of(kind, text):
    if kind == "JSONDecodeError":
        return json.JSONDecodeError(text, "", 0)
    return (getattr(builtins, kind, None) or type(kind, (Exception,), {}))(text)


def through(parse_route, header, shards, bug, text):
    ours = bug_of(bug, text) if bug else None

    def shards_of(region):
        if ours:
            raise ours
        return shards[region]

    try:
        pair = parse_route(header, shards_of)
    except NotImplementedError:
        raise
    except Exception as exc:
        cause = exc.__cause__
        notes = getattr(exc, "__notes__", [])
        return {
            "raised": repr(exc),
            "kinds": [kind.__name__ for kind in type(exc).__mro__],
            "cause": repr(cause) if cause is not None else "",
            "cause_raised": getattr(cause, "__traceback__", None) is not None,
            "notes": [str(note) for note in notes],
            "untouched": exc is ours and cause is None and not notes,
        }
    region, shard = pair
    return {"region": region, "shard": shard, "type": type(shard).__name__}
"""

SHARDS = {"eu-west": 8, "us-east": 8}
READABLE = {
    '{"region": "eu-west", "shard": 3}': ("eu-west", 3),
    '{"shard": "7", "region": "US-East"}': ("us-east", 7),
    '{"v": 2, "region": "EU-WEST", "shard": 0, "trace": [1]}': ("eu-west", 0),
}
UNREADABLE = (
    "{",
    "[]",
    '{"shard": 1}',
    '{"region": 7, "shard": 1}',
    '{"region": "eu-west", "shard": "three"}',
    '{"region": "l\'aquila \\"7\\"", "shard": []}',
    '{"region": "eu-west", "shard": null}',
    '{"region": "eu-west", "shard": 1e999}',
)
NO_SUCH_SHARD = (
    '{"region": "eu-west", "shard": 8}',
    '{"region": "eu-west", "shard": -1}',
)
BUGS = (
    *("KeyError", "ValueError", "TypeError", "AttributeError", "OverflowError"),
    *("IndexError", "JSONDecodeError", "RuntimeError", "RegistryGone"),
)


def as_told(call: Call) -> str:
    """Return in words how a call of parse_route ended."""
    told = call.value
    if not isinstance(told, dict):
        return f"{call}."
    if "raised" not in told:
        pair = f"({told['region']!r}, {told['shard']!r})"
        return f"it returned {pair}, its shard of the type {told['type']}."
    cause = f", from {told['cause']}" if told["cause"] else ", without a cause"
    notes = f", with the notes {told['notes']}" if told["notes"] else ", without a note"
    return f"it raised {told['raised']}{cause}{notes}."


@check("parse_route raises RouteError from the cause, with a note", points=1)
def test_malformed_headers_are_translated(functions: Functions) -> None:
    headers = [*READABLE, *UNREADABLE, *NO_SUCH_SHARD]
    cases = [[header, SHARDS, "", ""] for header in headers]
    calls = functions.calls("parse_route", cases, through=THROUGH)
    for header, call in zip(headers, calls, strict=True):
        told: Any = call.value if isinstance(call.value, dict) else {}
        if header in READABLE:
            require_pair(header, READABLE[header], told, as_told(call))
        else:
            require_route_error(header, told, as_told(call))
        if header in UNREADABLE:
            require_cause_and_note(header, told, as_told(call))


def require_pair(
    header: str, pair: tuple[str, int], told: dict[str, Any], saw: str
) -> None:
    """Raise Unmet unless `told` is the `pair`."""
    region, shard = pair
    if told != {"region": region, "shard": shard, "type": "int"}:
        raise Unmet(
            sent=f"parse_route({header!r}, …)",
            saw=saw,
            expected=f"the pair {pair}, with an int as its shard.",
        )


def require_route_error(header: str, told: dict[str, Any], saw: str) -> None:
    """Raise Unmet unless `told` is a RouteError."""
    if "RouteError" in told.get("kinds", ()):
        return
    if header in NO_SUCH_SHARD:
        expected = "RouteError: shards_of('eu-west') is 8, so its shards are 0 to 7."
        look = "what you compare with the number of shards, at both ends."
    else:
        expected = "RouteError."
        look = "which types the reading of a header can raise."
    raise Unmet(
        sent=f"parse_route({header!r}, …)", saw=saw, expected=expected, look=look
    )


def require_cause_and_note(header: str, told: dict[str, Any], saw: str) -> None:
    """Raise Unmet unless the RouteError has a cause that was raised, and a note."""
    if not told["cause_raised"]:
        raise Unmet(
            sent=f"parse_route({header!r}, …)",
            saw=saw,
            expected="a RouteError from the exception that was raised when the header"
            " was read.",
            look="`raise … from exc`.",
        )
    if not any(repr(header) in note for note in told["notes"]):
        raise Unmet(
            sent=f"parse_route({header!r}, …)",
            saw=saw,
            expected=f"a note on the exception that holds {header!r}.",
            look="`add_note`, before the exception is raised.",
        )


@check("A bug in our own code comes out of parse_route untouched", points=1)
def test_our_own_bugs_come_out(functions: Functions, seeded: random.Random) -> None:
    header = '{"region": "eu-west", "shard": 3}'
    cases = [
        [header, SHARDS, bug, "".join(seeded.choices(string.ascii_lowercase, k=12))]
        for bug in BUGS
    ]
    calls = functions.calls("parse_route", cases, through=THROUGH)
    for bug, call in zip(BUGS, calls, strict=True):
        told: Any = call.value if isinstance(call.value, dict) else {}
        if told.get("untouched") is True:
            continue
        same = bug in told.get("kinds", ())
        raise Unmet(
            sent=f"parse_route({header!r}, shards_of), where shards_of() has a bug"
            f" and raises {bug}.",
            saw=as_told(call),
            expected=f"that {bug}, as it is: the same object, with no cause or note.",
            look="what you do with an exception that is not about the header."
            if same
            else "what stands in your try besides the reading of the header.",
        )
