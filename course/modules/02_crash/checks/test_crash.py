"""Predictions against real processes, and root_cause() on exceptions that are made."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.instruments.cases import Case, missing, require_all
from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions
from autograder.instruments.observe import READY_WITHIN_S, dies
from autograder.instruments.plugin import StartFleet
from course.outage import Fleet, Release
from course.outage.telemetry.crashes import crashes
from course.outage.traffic.messages import http_request

# Sent together, to one process; the others end theirs, and so go one after another.
LIVING = (
    "dependency",
    "gather",
    "thread",
    "callback",
    "background_exit",
    "cancelled",
    "swallowed",
)
DEADLY = ("orphan_exit", "group_exit", "abort")
WORDS = ("exit", "hang", "500", "survive")
ANSWER_WITHIN_S = 2.0


@dataclass(frozen=True)
class Fate:
    """What became of one way to raise, as its word and as a sentence."""

    word: str
    saw: str


def fate_of(fleet: Fleet, name: str) -> Fate:
    """Send /raise/`name` and see."""
    fleet.wait_ready(READY_WITHIN_S)
    deaths = len(fleet.telemetry.exits())
    response = fleet.send(http_request(None, path=f"/raise/{name}"), ANSWER_WITHIN_S)
    if name in DEADLY and dies(fleet, deaths, ANSWER_WITHIN_S):
        code = fleet.telemetry.exits()[-1].exit_code
        return Fate("exit", f"{response}; the process ended, exit code {code}")
    if response.outcome == "timeout":
        return Fate("hang", f"no answer in {ANSWER_WITHIN_S} s; the process lives")
    word = "500" if response.status == 500 else "survive"
    return Fate(word, f"{response}; the process lives")


@pytest.fixture(scope="module")
def observed(start_ours: StartFleet) -> Mapping[str, Fate]:
    """What becomes of each way, seen a moment ago."""
    fleet = start_ours(Release.named("raises"))
    with ThreadPoolExecutor(len(LIVING)) as clients:
        seen = dict(
            zip(LIVING, clients.map(lambda n: fate_of(fleet, n), LIVING), strict=True)
        )
    assert not fleet.telemetry.exits()
    return seen | {name: fate_of(fleet, name) for name in DEADLY}


def require_fates(
    functions: Functions, observed: Mapping[str, Fate], word: str, look: str
) -> None:
    """Raise Unmet unless exactly those with the fate `word` are said to have it."""
    call = functions.call("fates")
    said: Any = call.value
    if not isinstance(said, dict) or not any(said.get(n) in WORDS for n in observed):
        raise Unmet(
            sent="fates()",
            saw=f"{call}.",
            expected=f"a dict with a word, of {', '.join(WORDS)}, for each of"
            f" {', '.join(observed)}.",
            look=missing(call),
        )
    if list(said.values()).count(word) > len(observed) / 2:
        raise Unmet(
            sent="fates()",
            saw=f"{word!r} for most of the ten ways.",
            expected="a word for each way, not one for all.",
            look=look,
        )
    for name, fate in observed.items():
        if word == fate.word != said.get(name):
            number = isinstance(said.get(name), int)
            raise Unmet(
                sent=f"GET /raise/{name}, for which you say {said.get(name)!r}",
                saw=f"{fate.saw}.",
                expected=f"{fate.word!r}.",
                look="the words of the table: each is text." if number else look,
            )


@check("fates() knows what is survived", points=1)
def test_what_is_survived(functions: Functions, observed: Mapping[str, Fate]) -> None:
    require_fates(
        functions,
        observed,
        "survive",
        "who gets the exception. The request had its answer, or never waited.",
    )


@check("fates() knows what becomes a 500", points=1)
def test_what_becomes_a_500(functions: Functions, observed: Mapping[str, Fate]) -> None:
    require_fates(
        functions,
        observed,
        "500",
        "the request's own task: what is raised in it, of whatever type, is handled"
        " where the server called the application.",
    )


@check("fates() knows what ends the process", points=1.5)
def test_what_ends_the_process(
    functions: Functions, observed: Mapping[str, Fate]
) -> None:
    require_fates(
        functions,
        observed,
        "exit",
        "tasks of their own. asyncio does not keep SystemExit in the task that raised"
        " it; and a signal asks nobody.",
    )


@check("fates() knows what hangs", points=0.5)
def test_what_hangs(functions: Functions, observed: Mapping[str, Fate]) -> None:
    require_fates(
        functions,
        observed,
        "hang",
        "what the request waits for, and whether that can still come.",
    )


@check("june_crash() reads the traceback of June's crash", points=1.5)
def test_the_crash_is_read(functions: Functions, start_ours: StartFleet) -> None:
    fleet = start_ours(Release.named("bad"))
    fleet.send(http_request(b'["eu-west", 3]'))
    fleet.telemetry.wait_for(
        lambda t: any(crash.place for crash in crashes(t)), READY_WITHIN_S
    )
    crash = crashes(fleet.telemetry)[0]
    truth = {
        "exception": (crash.exception, "the last line of the traceback in the group"),
        "origin": (crash.place.rpartition(" ")[2], "the last frame inside the group"),
        "boundary": ("dispatch", "which frame above the origin belongs to a loop"),
        "end": ("serve", "the frames outside the group, those in course/service"),
    }
    call = functions.call("june_crash")
    said: Any = call.value
    sent = "june_crash(), next to a crash that was made a moment ago"
    if not isinstance(said, dict):
        raise Unmet(
            sent=sent,
            saw=f"{call}.",
            expected=f"a dict with a name for each of {', '.join(truth)}.",
            look=missing(call),
        )
    for name, (expected, look) in truth.items():
        if said.get(name) != expected:
            raise Unmet(
                sent=sent,
                saw=f"{name!r} is {said.get(name)!r} in your answer.",
                expected="the name as in the traceback, without module or brackets.",
                look="" if expected in str(said.get(name)) else f"{look}.",
            )


# Called in the process of the learner's function: an exception is no JSON. It is asked
# twice, because what it keeps of an earlier call must not matter.
THROUGH = """
import asyncio

def through(function, code):
    space = {"asyncio": asyncio}
    exec(code, space)
    try:
        found, again = function(space["exc"]), function(space["exc"])
    except RecursionError:
        return "RecursionError"
    if again is found:
        return told(found, space)
    return f"{told(found, space)}; asked again, {told(again, space)}"

def told(exc, space):
    # Nothing about the exceptions themselves says that they are of a circle.
    if any(exc is one for one in space.get("ring", ())):
        return "an exception of the circle"
    return f"{type(exc).__name__}: {exc}"
"""


def chain(*lines: str) -> str:
    """Source that lets each line raise while the one before is being handled."""
    code = "def f():\n"
    for depth, line in enumerate(lines):
        pad = "    " * (depth + 1)
        code += f"{pad}try:\n{pad}    {line}\n{pad}except BaseException as e{depth}:\n"
    code += "    " * (len(lines) + 1) + f"return e{len(lines) - 1}\nexc = f()\n"
    return code


ONE = 'raise KeyError("shard")'
SHARD = "KeyError: 'shard'"
GO_ON = "whether you go on from where you have arrived."
EACH_LINK = "what each link of a chain decides for itself."
SUPPRESSED = "`__suppress_context__`: somebody said that the context is not the cause."
RULE_1 = "which rule comes before the others: an explicit cause wins."

CHAINS = [
    Case(
        "an exception without any other",
        (chain(ONE),),
        SHARD,
        {"NoneType: None": "the case in which nothing leads on."},
    ),
    Case(
        "a RuntimeError raised from a KeyError",
        (chain(ONE, 'raise RuntimeError("lookup") from e0'),),
        SHARD,
        {"RuntimeError: lookup": "`__cause__`, which `raise … from` sets."},
    ),
    Case(
        "three exceptions, each raised from the one before",
        (
            chain(
                ONE, 'raise LookupError("a") from e0', 'raise RuntimeError("b") from e1'
            ),
        ),
        SHARD,
        {"LookupError: a": GO_ON},
    ),
    Case(
        "a TypeError raised while a KeyError was being handled",
        (chain(ONE, 'raise TypeError("in the handler")'),),
        SHARD,
        {
            "TypeError: in the handler": "`__context__`: nobody wrote `from`, but"
            " Python noted it anyway."
        },
    ),
    Case(
        "an exception raised from another, which was raised while a third was handled",
        (chain(ONE, 'raise LookupError("a")', 'raise RuntimeError("b") from e1'),),
        SHARD,
        {"LookupError: a": GO_ON},
    ),
    Case(
        "a ValueError raised from None while a KeyError was being handled",
        (chain(ONE, 'raise ValueError("bad route") from None'),),
        "ValueError: bad route",
        {SHARD: SUPPRESSED},
    ),
    Case(
        "an exception raised from another, which was raised from None",
        (
            chain(
                ONE, 'raise ValueError("bad") from None', 'raise OSError("b") from e1'
            ),
        ),
        "ValueError: bad",
        {SHARD: EACH_LINK, "OSError: b": EACH_LINK},
    ),
    Case(
        "an OSError raised from an explicit cause, while a KeyError was being handled",
        (chain(ONE, 'raise OSError("disk") from EOFError("short read")'),),
        "EOFError: short read",
        {SHARD: RULE_1, "OSError: disk": "`__cause__`, which `raise … from` sets."},
    ),
]

GROUP = "ExceptionGroup: g (1 sub-exception)"
MEMBERS = "`exceptions`, the members of a group."
GROUPS = [
    Case(
        "a group of one",
        ('exc = ExceptionGroup("g", [KeyError("shard")])',),
        SHARD,
        {GROUP: MEMBERS},
    ),
    Case(
        "a group in a group",
        ('exc = ExceptionGroup("g", [ExceptionGroup("h", [KeyError("shard")])])',),
        SHARD,
        {"ExceptionGroup: h (1 sub-exception)": GO_ON},
    ),
    Case(
        "a group of two errors",
        ('exc = ExceptionGroup("g", [KeyError("shard"), OSError("disk")])',),
        SHARD,
        {
            "OSError: disk": "which member leads on: the first that is not a"
            " cancellation."
        },
    ),
    Case(
        "a group of two cancellations and an error",
        (
            'exc = BaseExceptionGroup("g", [asyncio.CancelledError(), KeyError("shard")'
            ", asyncio.CancelledError()])",
        ),
        SHARD,
        {
            "CancelledError: ": "what cancellations are: a consequence of another"
            " task's end.",
            "BaseExceptionGroup: g (3 sub-exceptions)": "which types are groups: the"
            " general one is BaseExceptionGroup.",
        },
    ),
    Case(
        "a group of cancellations alone",
        (
            'exc = BaseExceptionGroup("g", [asyncio.CancelledError("first"),'
            ' asyncio.CancelledError("second")])',
        ),
        "CancelledError: first",
        dict.fromkeys(
            ("CancelledError: second", "BaseExceptionGroup: g (2 sub-exceptions)"),
            "the rule for a group in which all are cancellations.",
        ),
    ),
    Case(
        "a group whose member was raised from another exception",
        (
            chain(ONE, 'raise LookupError("a") from e0').replace(
                "exc = f()", 'exc = ExceptionGroup("g", [f()])'
            ),
        ),
        SHARD,
        {"LookupError: a": "whether you go on from a member along its own cause."},
    ),
    Case(
        "an exception raised from a group",
        (
            chain(
                'raise ExceptionGroup("g", [KeyError("shard")])',
                'raise RuntimeError("startup") from e0',
            ),
        ),
        SHARD,
        {GROUP: "groups in the middle of a chain."},
    ),
    Case(
        "a group raised from an OSError",
        (
            chain(
                'raise OSError("disk")',
                'raise ExceptionGroup("g", [KeyError("shard")]) from e0',
            ),
        ),
        "OSError: disk",
        {SHARD: RULE_1},
    ),
    Case(
        "a group raised from None while an OSError was being handled",
        (
            chain(
                'raise OSError("disk")',
                'raise ExceptionGroup("g", [KeyError("shard")]) from None',
            ),
        ),
        SHARD,
        {
            "OSError: disk": SUPPRESSED,
            GROUP: "what `from None` closes: the way to the context, and no other.",
        },
    ),
]

LINKED = """
exc = first = ValueError("first")
for n in range({length}):
    outer = RuntimeError(str(n))
    outer.{attribute} = exc
    exc = outer
"""
CIRCLE = "an exception of the circle"
MET = {
    "timed_out": "how you notice that you have been somewhere before.",
    "NoneType: None": "what is returned if you have been somewhere before.",
    "OSError: start": "where the walk ends: at an exception that you meet twice.",
}
RECURSION = {"RecursionError": "what a recursive call costs. A loop has no such limit."}


def circle(what: str, code: str) -> Case:
    """The case of what `code` makes as exc: each of the `ring` may be found."""
    return Case(what, (code,), CIRCLE, {**MET, **RECURSION})


ENDLESS = [
    Case(
        "a chain of 2,000 causes",
        (LINKED.format(length=2000, attribute="__cause__"),),
        "ValueError: first",
        RECURSION,
    ),
    Case(
        "a chain of 2,000 contexts",
        (LINKED.format(length=2000, attribute="__context__"),),
        "ValueError: first",
        RECURSION,
    ),
    circle(
        "two exceptions, each the cause of the other",
        'exc, other = ring = ValueError("a"), ValueError("b")\n'
        "exc.__cause__, other.__cause__ = other, exc",
    ),
    circle(
        "an exception that is its own cause",
        'exc = ValueError("a")\nring = [exc]\nexc.__cause__ = exc',
    ),
    circle(
        "three exceptions, each the context of the next",
        'exc, b, c = ring = KeyError("a"), KeyError("b"), KeyError("c")\n'
        "exc.__context__, b.__context__, c.__context__ = b, c, exc",
    ),
    circle(
        "an exception whose cause is one of two that are the cause of each other",
        'exc, b, c = OSError("start"), ValueError("b"), ValueError("c")\n'
        "ring = b, c\nexc.__cause__, b.__cause__, c.__cause__ = b, c, b",
    ),
    circle(
        "an exception whose cause is a group, which it is a member of",
        'exc = ValueError("a")\ngroup = ExceptionGroup("g", [exc])\n'
        "ring = exc, group\nexc.__cause__ = group",
    ),
]


def require_roots(functions: Functions, cases: Sequence[Case]) -> None:
    """Raise Unmet for the first case whose root cause is another than expected."""
    require_all(functions, "root_cause", cases, within_s=4, through=THROUGH)


@check("root_cause follows causes and contexts", points=1.5)
def test_root_cause_of_chains(functions: Functions) -> None:
    require_roots(functions, CHAINS)


@check("root_cause finds its way through groups", points=2)
def test_root_cause_of_groups(functions: Functions) -> None:
    require_roots(functions, GROUPS)


@check("root_cause arrives, however long the chain", points=1)
def test_root_cause_of_endless_chains(functions: Functions) -> None:
    require_roots(functions, ENDLESS)
