"""The same promises on exceptions that are made at random.

Nothing here may reach a learner: see course/modules/README.md.
"""

import asyncio
import random

from autograder.instruments.expect import guards, require
from autograder.instruments.functions import Functions

KINDS = ("KeyError", "ValueError", "OSError", "TimeoutError", "SystemExit")

# Called in the process of the learner's function, which is given what `code` makes.
THROUGH = """
import asyncio

def through(function, code):
    space = {"asyncio": asyncio}
    exec(code, space)
    found = function(space["exc"])
    return f"{type(found).__name__}: {found}"
"""


def error(rng: random.Random) -> str:
    """Source of an exception with a message of its own."""
    return f"{rng.choice(KINDS)}('{rng.getrandbits(32):08x}')"


def linked(rng: random.Random, links: int, contexts: bool = True) -> tuple[str, str]:
    """Source of a chain of links, some without a cause, and what the first is."""
    first = error(rng)
    code = f"exc = {first}\n"
    for _ in range(links):
        code += f"outer = {error(rng)}\n"
        if not contexts or rng.random() < 0.5:
            code += "outer.__cause__ = exc\n"
            if contexts and rng.random() < 0.5:
                code += f"outer.__context__ = {error(rng)}\n"
        else:
            code += "outer.__context__ = exc\n"
        code += "exc = outer\n"
    return code, first


def cut(rng: random.Random) -> tuple[str, str]:
    """A chain that is raised from None, behind which nothing counts."""
    hidden, _ = linked(rng, 2)
    root = error(rng)
    code = f"{hidden}last = {root}\nlast.__context__ = exc\nlast.__cause__ = None\n"
    code += f"exc = {error(rng)}\nexc.__cause__ = last\n"
    return code, root


def grouped(rng: random.Random) -> tuple[str, str]:
    """Groups in groups, of chains and cancellations."""
    code, first = linked(rng, rng.randint(0, 2), contexts=False)
    for _ in range(rng.randint(1, 3)):
        cancelled = ["asyncio.CancelledError()"] * rng.randint(0, 3)
        later = [error(rng) for _ in range(rng.randint(0, 2))]
        members = ", ".join([*cancelled, "exc", *later])
        code += f"exc = BaseExceptionGroup('g', [{members}])\n"
        if rng.random() < 0.5:
            code += f"outer = {error(rng)}\nouter.__cause__ = exc\nexc = outer\n"
    return code, first


def all_right(functions: Functions, cases: list[tuple[str, str]]) -> bool:
    """Whether root_cause finds the first exception of every case."""
    calls = functions.calls(
        "root_cause", [[code] for code, _ in cases], within_s=5, through=THROUGH
    )
    names = [eval(source, {"asyncio": asyncio}) for _, source in cases]
    words = [f"{type(exc).__name__}: {exc}" for exc in names]
    return [call.value for call in calls] == words


@guards(
    "test_root_cause_of_chains",
    sent="root_cause(…) with random chains of causes and contexts, some of them cut off"
    " by `from None`.",
    saw="not every root was found.",
    expected="rules 1, 2 and 4, for any chain.",
    look="the order in which you ask for the two attributes, and what each link"
    " decides for itself.",
)
def test_chains_made_at_random(functions: Functions, seeded: random.Random) -> None:
    cases = [linked(seeded, seeded.randint(0, 6)) for _ in range(20)]
    require(all_right(functions, [*cases, *(cut(seeded) for _ in range(10))]))


@guards(
    "test_root_cause_of_groups",
    sent="root_cause(…) with random groups, in chains and of chains.",
    saw="not every root was found.",
    expected="rule 3 wherever a group stands, and rules 1 and 2 for its members.",
    look="whether each step treats the exception it has reached like the first one.",
)
def test_groups_made_at_random(functions: Functions, seeded: random.Random) -> None:
    require(all_right(functions, [grouped(seeded) for _ in range(20)]))


@guards(
    "test_root_cause_of_endless_chains",
    sent="root_cause(…) with longer chains, and with longer circles.",
    saw="it did not arrive.",
    expected="an exception, after one step for each link.",
    look="what your function remembers of its way.",
)
def test_longer_ways(functions: Functions, seeded: random.Random) -> None:
    code, first = linked(seeded, 3_000, contexts=False)
    way, attribute = seeded.randint(0, 5), seeded.choice(["__cause__", "__context__"])
    circle = "links = [OSError('on the way') for _ in range(60)]\n"
    circle += f"for n in range({way}, 60):\n    links[n] = OSError('in the circle')\n"
    circle += f"for n in range(59):\n    links[n].{attribute} = links[n + 1]\n"
    circle += f"links[-1].{attribute}, exc = links[{way}], links[0]\n"
    calls = functions.calls("root_cause", [[circle]], within_s=5, through=THROUGH)
    require(calls[0].value == "OSError: in the circle")
    require(all_right(functions, [(code, first)]))
