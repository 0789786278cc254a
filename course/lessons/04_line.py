# %% [markdown]
# # 04 · Find the line
#
# **5 June 2024, 14:25 UTC.** The pattern points at request routing. At 14:30 backend
# engineering is called in; at 14:40 they have the line. You get there with one request that
# kills, made as small as it can be, and a test that fails because of it.
#
# *About 30 minutes, then [exercise 04](../../exercises/04_line/04_line.ipynb) with 30 more.*
#
# Afterwards you can
#
# - shrink a failing request to a minimal one, without slipping to another failure,
# - put the parts of a try in order,
# - translate an exception narrowly, and keep its cause,
# - write the failing test first, and know what it has to look at.

# %% [markdown]
# ## Ten thousand lines
#
# The recorded outage is what you have to go by: the log of both replicas, and what the
# clients sent, byte for byte. (In production that is a capture at the load balancer.)

# %%
from collections import Counter

from course.outage.telemetry.recording import june
from course.panel import Prediction, recall

told = june()
requests = {t.due: t.raw.encode("latin-1") for t in told.tries}  # each of them once
print(f"{len(told.log_entries()):,} lines of log, {len(requests):,} different requests")

# %% [markdown]
# The suspect is a function, `resolve`. A function can be asked without a server: give it
# the header of every captured request, here, in this notebook, where nothing is at stake.
#
# **Predict.**

# %%
mined = Prediction.named("04 mined")
mined.show()

# %%
import time

from course.service.routing import resolve


def header_of(raw):
    """The bytes of a request's X-Route header, empty without one."""
    return raw.partition(b"X-Route: ")[2].partition(b"\r\n")[0]


started = time.perf_counter()
raising = {}
for raw in requests.values():
    try:
        resolve(header_of(raw))
    except Exception as exc:  # noqa: BLE001 - whatever it raises is what we look for
        raising[raw] = exc
took_ms = 1000 * (time.perf_counter() - started)

share = len(raising) / len(requests)
key = "a" if share < 0.01 else "b" if share <= 0.05 else "c" if share < 0.5 else "d"
mined.reveal(key, f"{len(raising)} of {len(requests):,}, found in {took_ms:.0f} ms.")
print(Counter(type(exc).__name__ for exc in raising.values()))

# %% [markdown]
# Several *types* of exception. Keep that in mind: whoever fixes the first one has fixed one
# of them.
#
# ## From suspicion to proof
#
# Module 03 ended with a suspicion. The proof is an experiment: one replica, nobody else,
# one of these requests.

# %%
from course.outage import Fleet, Release

sample = next(raw for raw, exc in raising.items() if isinstance(exc, KeyError))
print(sample.decode("latin-1"))
with Fleet(Release.named("bad"), replicas=1) as alone:
    print("the answer:", alone.send(sample))
    alone.telemetry.wait_for(lambda t: bool(t.exits()), within_s=5)
    print("the process:", alone.telemetry.exits()[0].exit_code, "is its exit code")

# %% [markdown]
# ## Shrink it
#
# Captured requests are long. This one comes from a partner's batch client, and it kills:

# %%
partner = (
    b"GET /orders HTTP/1.1\r\nHost: orders.example\r\nUser-Agent: batch-import/4.1\r\n"
    b'Accept: application/json\r\nX-Route: {"v": 2, "region": "eu-wset", "shard": 3,'
    b' "trace": "4bf92f3577b34da6"}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
)
print(len(partner), "bytes")

# %% [markdown]
# Which part of it is to blame? *Delta debugging* answers by trying: leave out a part; if the
# rest still fails, go on with the rest; if not, put the part back and leave out another.
# Large parts first. It ends when no single part can go. The whole algorithm:

# %%
import inspect

from course.outage.incident.minimise import minimise

print(inspect.getsource(minimise).partition('"""\n')[2])

# %% [markdown]
# It needs to be told what "fails" means. The obvious definition: the process dies.
#
# **Predict.** The parts are the lines of the request. Which of them are left in the end?

# %%
left = Prediction.named("04 left")
left.show()

# %%
lines = partner.partition(b"\r\n\r\n")[0].split(b"\r\n")
with Fleet(Release.named("bad"), replicas=1, first_backoff_s=0.0) as fleet:

    def kills(parts):
        """Whether the request made of these lines ends a process."""
        fleet.wait_ready(within_s=10)
        deaths = len(fleet.telemetry.exits())
        answer = fleet.send(b"\r\n".join([*parts, b"", b""]))
        died = answer.status == 500 and fleet.telemetry.wait_for(
            lambda t: len(t.exits()) > deaths, within_s=1
        )
        print(
            f"lines left: {len(parts)}, answer: {answer!s:26} {'dies' if died else 'lives'}"
        )
        return died

    smallest = minimise(lines, kills)
print("\nleft:", smallest)
routed = any(line.startswith(b"X-Route") for line in smallest)
left.reveal("c" if len(smallest) > 3 else "a" if routed else "b")

# %% [markdown]
# So pin the failure down: the same exception type, from the same line. And choose a
# cheaper way to ask. Killing a process costs half a second; the *good* release raises the
# same exception in the same line, answers 500, logs it, and lives:

# %%
from course.outage.fleet.failure import failure_of
from course.outage.requests import http_request

with Fleet(Release.named("good"), replicas=1) as good:
    wanted = failure_of(good, partner)
    print("pinned:", *wanted)
    tries, shortest = 0, None

    def fails_alike(characters):
        """Whether the header made of these characters fails as the partner's request does."""
        global tries
        tries += 1
        return failure_of(good, http_request("".join(characters).encode())) == wanted

    started = time.perf_counter()
    route = "".join(minimise(header_of(partner).decode(), fails_alike))
    print(f"{route}   after {tries} requests in {time.perf_counter() - started:.1f} s")
    print(f"{len(route)} characters, from {len(partner)} bytes")

# %% [markdown]
# *Minimal* means: not one character can be
# left out. It does not mean that nothing shorter exists, since several characters may only
# be able to go together. Look at the result, think, and try: which fields do you need?

# %%
with Fleet(Release.named("good"), replicas=1) as good:
    for guess in (route, '{"region":""}', '{"region":}'):
        print(f"{guess:32}", failure_of(good, http_request(guess.encode())) == wanted)

# %% [markdown]
# *An object whose region is unknown*: that is a sentence one can put into a bug report, and the
# line comes with it:

# %%
source = Release.named("bad").source("routing.py").splitlines()
number = int(wanted[1].partition(":")[2].partition(" ")[0])
for n in range(number - 4, number + 1):
    print(f"{'→' if n == number else ' '} {n:3} {source[n - 1]}")

# %% [markdown]
# ## Three lines, many exceptions
#
# That is one request. The capture had others; each kind of malformed header has its own way
# out of these three lines:

# %%
import random

from course.outage.requests import MALFORMED, malformed

with Fleet(Release.named("good"), replicas=1) as good:
    for kind in MALFORMED:
        exception, place = failure_of(good, malformed(random.Random(4), kind)[1])
        print(f"{kind:18} {exception:20} {place}")

# %% [markdown]
# ## The parts of a try
#
# A `try` statement has four parts, and each says something that the others do not:
#
# | part | says |
# |---|---|
# | `try` | *this* may fail, and nothing else here |
# | `except T` | if it failed with T, do this instead |
# | `else` | if it did not fail, go on; what fails *here* is not ours to handle |
# | `finally` | whatever happened, this too |
#
# Two rules of order. Python tries the `except` clauses from top to bottom and takes the
# **first** that fits, so a class must stand before its parents. And the less stands in the
# `try`, the fewer bugs it hides. Here is a handler that gets both wrong:

# %%
BACKENDS = {"eu-west": "10.0.0.7"}


def connect(address):
    """Our own code, with a bug of our own: there is no such name."""
    return adress  # noqa: F821


def lookup_wrong(header):  # wrong on purpose: do not copy
    try:
        region = header["region"]
        return connect(BACKENDS[region])
    except Exception:  # noqa: BLE001
        return "no such backend"
    except KeyError:  # can never be reached
        return "no region"


print(lookup_wrong({"region": "eu-west"}), "<- for a region that exists")

# %% [markdown]
# The client's request was fine. Our own `NameError` has become "no such backend": the wide
# `try` took it in, and the first `except` fits everything. The narrow version:


# %%
def lookup(header):
    try:
        address = BACKENDS[header["region"]]
    except KeyError as exc:
        return f"no such backend: {exc}"
    else:
        return connect(address)


print(lookup({"region": "mars"}))
try:
    lookup({"region": "eu-west"})
except NameError as exc:
    print("our own bug comes out:", exc)

# %% [markdown]
# **Now you.** This handler counts every look-up, whatever comes of it, and tells bytes that
# are no text from text that is no JSON. (`UnicodeDecodeError` and `JSONDecodeError` are both
# kinds of `ValueError`.) Its lines have lost their order.

# %%
from course.panel import Parsons

order = Parsons.named("handler_order")
order.show()

# %% [markdown]
# Note what `lookup` does not do: ask first whether the key is there. Python's habit is
# *EAFP*, easier to ask forgiveness than permission: do it, and handle the failure. The
# other way, looking before you leap, asks the same question twice, and what you forgot to
# ask still raises. For `resolve` you would have to ask: are these bytes UTF-8? Is the text
# JSON? Is it an object? Has it a region? Is that text? …
#
# ## Keep the cause
#
# A handler may turn one exception into another, to speak the language of its caller. Two
# things must not get lost: what happened (`from exc`), and what was known at that moment
# (`add_note`). A handler that only adds something, or cleans up, hands the same exception on
# with a bare `raise`, which keeps its traceback.


# %%
class UnknownBackend(Exception):
    """A request names a backend that there is not."""


def backend(header):
    try:
        return BACKENDS[header["region"]]
    except KeyError as exc:
        unknown = UnknownBackend("the request names no backend")
        unknown.add_note(f"header: {header!r}")
        raise unknown from exc


try:
    backend({"region": "mars", "shard": 3})
except UnknownBackend as exc:
    print(repr(exc), "because of", repr(exc.__cause__))
    print(exc.__notes__)

# %% [markdown]
# ## The failing test first
#
# Before anybody repairs the line, write the test that fails because of it. It proves that
# you have understood, it tells when you are done, and it stays. What has it to look at?
#
# **Predict.** What does the client get that sends the malformed request?

# %%
answers = Prediction.named("04 answers")
answers.show()

# %%
got = {}
for name in ("good", "bad"):
    with Fleet(Release.named(name), replicas=1) as service:
        first = service.send(http_request(b'{"region":""}'))
        second = service.send(http_request(b'{"region": "eu-west", "shard": 3}'))
        got[name] = (first, second)
        print(f"{name:5} malformed: {first!s:26} and then a valid one: {second}")
both = got["good"][0].status == 500 and got["bad"][0].status == 500
answers.reveal("b" if both else "a")

# %% [markdown]
# A test that looks at the malformed request's own answer passes on both releases, and June
# would have happened with it. What June's release broke is the *next* request, one that has
# nothing wrong with it. So that is what to assert:


# %%
def test_a_malformed_request_harms_nobody_else(service):
    service.send(http_request(b'{"region":""}'))
    answer = service.send(http_request(b'{"region": "eu-west", "shard": 3}'))
    assert answer.status == 200, f"a valid request got: {answer}"


for name in ("good", "bad"):
    with Fleet(Release.named(name), replicas=1) as service:
        try:
            test_a_malformed_request_harms_nobody_else(service)
            print(f"{name:5} passes")
        except AssertionError as exc:
            print(f"{name:5} fails: {exc}")

# %% [markdown]
# Such a test fails for the right reason, on the right release. Of the failures that Yuan et al. have
# studied in five data systems, 77% can be reproduced by a unit test. June's is such a
# failure: the test above has three lines.

# %% [markdown]
# ## Recall

# %%
recall("04")

# %% [markdown]
# ## Take home
#
# - Ask the suspect function directly; a server is not needed to call it.
# - Minimise with the failure pinned to its type and its line, or you will end up at another
#   bug.
# - Narrow `try`; special before general; `else` for what must not be handled; `from exc`.
# - A test for a crash looks at the requests that come after.
#
# **Next:** [exercise 04 · Find the line](../../exercises/04_line/04_line.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", *IEEE
#   Transactions on Software Engineering* 28(2), 2002: delta debugging.
# - D. Yuan et al., "Simple Testing Can Prevent Most Critical Failures", OSDI 2014: 198
#   failures that users reported in five data systems; 77% reproducible by a unit test.
# - Python documentation, "The try statement"; glossary: EAFP, LBYL.

# %%
from course.panel import lesson_done

lesson_done("04")
