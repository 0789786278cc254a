"""A reproducer and a test against real releases; two functions on small cases."""

from collections.abc import Callable
from typing import Any

import pytest

from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions
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

# A release that is right in another way: its answer to a malformed request is a 4xx.
ANSWERS_4XX = """

from fastapi import HTTPException

_resolve = resolve


def resolve(header: bytes) -> Backend:
    try:
        return _resolve(header)
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise HTTPException(422, "malformed X-Route header") from exc
"""

Failing = Callable[[str], tuple[str, str] | None]


@pytest.fixture(scope="module")
def failing(start_ours: StartFleet) -> Failing:
    """How a header fails on the good release: type and place, or None."""
    fleet = start_ours(Release.named("good"))

    def how(header: str) -> tuple[str, str] | None:
        return failure_of(fleet, http_request(header.encode("utf-8", "replace")))

    return how


def header_from(functions: Functions) -> str:
    """What reproducer() returns; raise Unmet if it is no header."""
    call = functions.call("reproducer")
    header = call.value
    if not isinstance(header, str) or "\n" in header or "\r" in header:
        raise Unmet(
            sent="reproducer()", saw=f"{call}.", expected="a header: text of one line."
        )
    return header


def as_words(failure: tuple[str, str] | None) -> str:
    return " in ".join(failure) if failure else "no failure: the answer is no 500"


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
    june.send(http_request(header.encode()))
    if not dies(june, 0, READY_WITHIN_S):
        raise Unmet(
            sent=f"X-Route: {header}, to June's release",
            saw="the process lives.",
            expected="its end.",
        )


@check("Nothing can be left out of the reproducer", points=1.5)
def test_the_reproducer_is_minimal(functions: Functions, failing: Failing) -> None:
    header = header_from(functions)
    wanted = failing(CAPTURED)
    if failing(header) != wanted:
        raise Unmet(
            sent=f"X-Route: {header}",
            saw="another failure than the captured one.",
            expected="first the right failure, then the least of it.",
        )
    if len(header) > LONGEST:
        raise Unmet(
            sent=f"X-Route: {header}",
            saw=f"{len(header)} characters.",
            expected=f"at most {LONGEST}.",
            look="fields that the failure does not need, and white space.",
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
    """The learner's test, run against two right releases and June's."""
    good = Release.named("good")
    return suite.run(
        {
            "good": good,
            "4xx": good.called("4xx").extended("routing.py", ANSWERS_4XX),
            "june": Release.named("bad"),
        }
    )


def as_seen(run: SuiteRun) -> str:
    """A run of the learner's test in words."""
    if run.stopped:
        return "it had not ended after 20 s"
    if run.failed:
        return f"{', '.join(run.failed)} failed"
    return "it passed" if run.passed else "there was no test that ran"


def require_right_releases_to_pass(runs: dict[str, SuiteRun]) -> None:
    """Raise Unmet unless the test accepts both right releases."""
    names = {
        "good": "the good release, which answers malformed requests with 500",
        "4xx": "a release that answers malformed requests with 422",
    }
    for key, name in names.items():
        if not runs[key].accepts:
            raise Unmet(
                sent=f"your test to {name}.",
                saw=f"{as_seen(runs[key])}.",
                expected="a pass: nothing is wrong with this release.",
                look="what your test demands. A malformed request may be answered in"
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
            " who gets the same answer as ever.",
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


# Called in the process of the learner's function: an exception is no JSON.
THROUGH = """
import builtins

def through(parse_route, header, bug):
    def shards_of(region):
        if bug:
            raise getattr(builtins, bug)("a bug of ours")
        return {"eu-west": 8, "us-east": 8}[region]

    try:
        return list(parse_route(header, shards_of))
    except Exception as exc:
        cause = exc.__cause__
        return {
            "raised": type(exc).__name__,
            "cause": type(cause).__name__ if cause is not None else None,
            "notes": [str(note) for note in getattr(exc, "__notes__", [])],
        }
"""

READABLE = {
    '{"region": "eu-west", "shard": 3}': ["eu-west", 3],
    '{"shard": "7", "region": "US-East"}': ["us-east", 7],
}
UNREADABLE = {
    "{": "JSONDecodeError",
    "[]": "TypeError",
    '{"shard": 1}': "KeyError",
    '{"region": 7, "shard": 1}': "AttributeError",
    '{"region": "eu-west", "shard": "three"}': "ValueError",
    '{"region": "eu-west", "shard": null}': "TypeError",
    '{"region": "eu-west", "shard": 1e999}': "OverflowError",
}


@check("parse_route raises RouteError from the cause, with a note", points=1)
def test_malformed_headers_are_translated(functions: Functions) -> None:
    headers = [*READABLE, *UNREADABLE, '{"region": "eu-west", "shard": 8}']
    cases = [[header, ""] for header in headers]
    calls = functions.calls("parse_route", cases, through=THROUGH)
    results = dict(zip(headers, calls, strict=True))
    for header, pair in READABLE.items():
        if results[header].value != pair:
            raise Unmet(
                sent=f"parse_route({header!r}, …)",
                saw=f"{results[header]}.",
                expected=f"the pair {tuple(pair)}.",
            )
    for header, cause in [*UNREADABLE.items(), (headers[-1], None)]:
        saw: Any = results[header].value
        told = saw if isinstance(saw, dict) else {}
        require_route_error(header, cause, told, f"{results[header]}.")


def require_route_error(
    header: str, cause: str | None, told: dict[str, Any], saw: str
) -> None:
    """Raise Unmet unless `told` is a RouteError, from `cause` if there is one."""
    if told.get("raised") != "RouteError":
        raise Unmet(
            sent=f"parse_route({header!r}, …)",
            saw=saw,
            expected="RouteError.",
            look="which types the reading of a header can raise.",
        )
    if cause is not None and told["cause"] != cause:
        raise Unmet(
            sent=f"parse_route({header!r}, …)",
            saw=saw,
            expected=f"a RouteError raised from the {cause} that was the reason.",
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
def test_our_own_bugs_come_out(functions: Functions) -> None:
    header = '{"region": "eu-west", "shard": 3}'
    bugs = ("KeyError", "ValueError", "RuntimeError")
    cases = [[header, bug] for bug in bugs]
    calls = functions.calls("parse_route", cases, through=THROUGH)
    for bug, call in zip(bugs, calls, strict=True):
        told: Any = call.value if isinstance(call.value, dict) else {}
        if told.get("raised") != bug:
            raise Unmet(
                sent=f"parse_route({header!r}, shards_of), where shards_of() has a bug"
                f" and raises {bug}.",
                saw=f"{call}.",
                expected=f"that {bug}, as it is: the header is fine.",
                look="what stands in your try besides the reading of the header.",
            )
