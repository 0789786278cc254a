# %% [markdown]
# # 04 · Find the line
#
# **5 June 2024, 14:25 UTC.** The pattern points at request routing. At 14:30
# backend engineering is called in, and at 14:40 they have the line. You get
# there with a request that kills, made as small as it can be, and a test that
# fails because of it.
#
# *About 30 minutes, then [exercise 04](../../exercises/04_line/04_line.ipynb)
# with 30 more.*
#
# Afterwards you can
#
# - shrink a failing request to a minimal one, without slipping to another
#   failure,
# - put the parts of a try in order,
# - translate an exception narrowly, and keep its cause,
# - write the failing test first, and know what it has to look at.

# %% [markdown]
# ## Ten thousand lines
#
# You have the recorded outage: the log of both replicas, and what the clients
# sent, byte for byte. (In production, that would be a capture at the load
# balancer.)

# %%
from course.outage.telemetry.recording import june

told = june()
firsts = [t for t in told.tries if t.number == 1]
requests = [t.raw.encode("latin-1") for t in firsts]
print(f"{len(told.log_entries()):,} lines of log, {len(requests):,} different requests")

# %% [markdown]
# The suspect is a function, `resolve`. You don't need a server to question a
# function: hand it the header of every captured request, here in this notebook,
# where nothing is at stake.

# %%
from course.panel import predict

mined = predict("04 mined")

# %%
from course.outage.requests import route_header
from course.service.routing import resolve

raising = {}
for raw in requests:
    try:
        resolve(route_header(raw))
    except Exception as exc:  # noqa: BLE001 - whatever it raises is what we look for
        raising[raw] = exc

# %%
mined.reveal(raising, requests)

# %% [markdown]
# ## From suspicion to proof
#
# Module 03 ended with a suspicion. An experiment makes it a proof: one replica,
# nobody else, one of these requests.

# %%
from course.outage import Fleet, Release
from course.outage.fleet.failure import aftermath_of

good, bad = Release.named("good"), Release.named("bad")
sample = next(raw for raw, exc in raising.items() if isinstance(exc, KeyError))
print(sample.decode("latin-1"))
with Fleet(bad, replicas=1) as alone:
    print(aftermath_of(alone, sample))

# %% [markdown]
# ## Shrink it
#
# Captured requests are long. This one comes from a partner's batch client, and
# it kills:

# %%
partner = (
    b"GET /orders HTTP/1.1\r\nHost: orders.example\r\nUser-Agent: batch-import/4.1\r\n"
    b'Accept: application/json\r\nX-Route: {"v": 2, "region": "eu-wset", "shard": 3,'
    b' "trace": "4bf92f3577b34da6"}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
)
print(len(partner), "bytes")

# %% [markdown]
# Which part of it is to blame? *Delta debugging* answers by trial. Leave out a
# part. If the rest still fails, go on with the rest. If not, put the part back
# and leave out another. Start with large parts, and stop when no single part
# can go. Here is the whole algorithm:

# %%
import inspect

from course.outage.incident.minimise import minimise

print(inspect.getsource(minimise).partition('"""\n')[2])

# %% [markdown]
# You have to tell it what "fails" means. The obvious definition: the process
# dies. Let the parts be the lines of the request.

# %%
left = predict("04 left")

# %%
lines = partner.partition(b"\r\n\r\n")[0].split(b"\r\n")
with Fleet(bad, replicas=1, first_backoff_s=0.0) as fleet:

    def kills(parts):
        """Whether the request made of these lines ends a process."""
        seen = aftermath_of(fleet, b"\r\n".join([*parts, b"", b""]))
        print(f"{len(parts)} lines: {seen}")
        return seen.exit_code is not None

    smallest = minimise(lines, kills)

# %%
left.reveal(smallest)

# %% [markdown]
# Now define "fails" more strictly: the same type of exception, from the same
# line. And ask in a cheaper way. Killing a process costs half a second. The
# *good* release raises the same exception in the same line, answers 500, logs
# it, and lives:

# %%
from course.outage.fleet.failure import failure_of
from course.outage.requests import http_request

with Fleet(good, replicas=1) as fleet:
    wanted = failure_of(fleet, partner)
    print("pinned:", *wanted)
    tried = []

    def fails_alike(characters):
        """Whether this header fails as the partner's does."""
        tried.append("".join(characters))
        return failure_of(fleet, http_request(tried[-1].encode())) == wanted

    route = "".join(minimise(route_header(partner).decode(), fails_alike))
print(f"{route}   after {len(tried)} requests")
print(f"{len(route)} characters, from {len(partner)} bytes")

# %% [markdown]
# *Minimal* means that no single character can go. Something shorter may still
# exist, because some characters can only go together. Look at the result,
# think, and try: which fields do you need?

# %%
with Fleet(good, replicas=1) as fleet:
    for guess in (route, '{"region":""}', '{"region":}'):
        print(f"{guess:32}", failure_of(fleet, http_request(guess.encode())) == wanted)

# %% [markdown]
# *An object whose region is unknown*: you can put that sentence into a bug
# report. The line comes with it:

# %%
from course.outage.fleet.failure import lines_at

print(lines_at(bad, wanted[1]))

# %% [markdown]
# ## Three lines, many exceptions
#
# That was one request. The capture has others. Each kind of malformed header
# has its own way out of these three lines:

# %%
import random

from course.outage.requests import MALFORMED, malformed

with Fleet(good, replicas=1) as fleet:
    for kind in MALFORMED:
        exception, place = failure_of(fleet, malformed(random.Random(4), kind)[1])
        print(f"{kind:18} {exception:20} {place}")

# %% [markdown]
# ## The parts of a try
#
# A `try` statement has four parts. Each says something that the others don't:
#
# | part | says |
# |---|---|
# | `try` | *this* may fail, and nothing else here |
# | `except T` | if it failed with T, do this instead |
# | `else` | if it did not fail, go on; what fails *here* is not ours to handle |
# | `finally` | whatever happened, this too |
#
# Two rules of order. Python tries the `except` clauses from top to bottom and
# takes the **first** that fits, so a class must stand before its parents. And
# the less you put into the `try`, the fewer bugs it hides. Here is a handler
# that gets both wrong:

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
# Nothing was wrong with the client's request. Our own `NameError` became "no
# such backend": the wide `try` took it in, and the first `except` fits
# everything. The narrow version:


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
# **Now you.** This handler counts every look-up, whatever comes of it. It tells
# bytes that are not text from text that is not JSON. (`UnicodeDecodeError` and
# `JSONDecodeError` are both kinds of `ValueError`.) Its lines have lost their
# order.

# %%
from course.panel import Parsons

order = Parsons.named("handler_order")
order.show()

# %% [markdown]
# Note what `lookup` does not do: it does not ask first whether the key is
# there. Python's habit is *EAFP*, "easier to ask forgiveness than permission":
# do it, and handle the failure. The other way, looking before you leap, asks
# the same question twice, and whatever you forgot to ask still raises. For
# `resolve` you would have to ask: are these bytes UTF-8? Is the text JSON? Is
# it an object? Does it have a region? Is that text? …
#
# ## Keep the cause
#
# A handler may turn one exception into another, to speak its caller's language.
# Two things must not get lost: what happened (`from exc`), and what was known
# at that moment (`add_note`). A handler that only adds something, or cleans up,
# passes the same exception on with a bare `raise`, which keeps its traceback.


# %%
class UnknownBackend(Exception):
    """A request names a backend that does not exist."""


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
# Before anybody repairs the line, write the test that fails because of it. The
# test proves that you have understood, it tells you when you are done, and it
# stays. What does it have to look at? The malformed request's own answer would
# be handy.

# %%
answers = predict("04 answers")

# %%
MALFORMED_ROUTE = b'{"region":""}'
VALID_ROUTE = b'{"region": "eu-west", "shard": 3}'

got = []
for release in (good, bad):
    with Fleet(release, replicas=1) as service:
        got.append(service.send(http_request(MALFORMED_ROUTE)))
        after = service.send(http_request(VALID_ROUTE))
        print(f"{release.name:5} malformed: {got[-1]!s:26} then a valid one: {after}")

# %%
answers.reveal(*got)

# %% [markdown]
# The test sends a malformed request, and asserts on the one that comes after
# it:


# %%
def test_a_malformed_request_harms_nobody_else(service):
    service.send(http_request(MALFORMED_ROUTE))
    answer = service.send(http_request(VALID_ROUTE))
    assert answer.status == 200, f"a valid request got: {answer}"


for release in (good, bad):
    with Fleet(release, replicas=1) as service:
        try:
            test_a_malformed_request_harms_nobody_else(service)
            print(f"{release.name:5} passes")
        except AssertionError as exc:
            print(f"{release.name:5} fails: {exc}")

# %% [markdown]
# A good test fails for the right reason, on the right release. Yuan et al.
# studied failures of five data systems and found that a unit test can reproduce
# 77% of them. June's is one of that kind: the test above has three lines.

# %% [markdown]
# ## Recall
#
# Two questions about modules 01 and 03. Your answers finish the lesson.

# %%
from course.panel import recall

recall("04")

# %% [markdown]
# ## Take home
#
# - Ask the suspect function directly. You don't need a server to call it.
# - Minimize with the failure pinned to its type and its line, or you will end
#   up at another bug.
# - Narrow `try`; special before general; `else` for what must not be handled;
#   `from exc`.
# - A test for a crash looks at the requests that come after.
#
# **Next:**
# [exercise 04 · Find the line](../../exercises/04_line/04_line.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing
#   Input", *IEEE Transactions on Software Engineering* 28(2), 2002: delta
#   debugging.
# - D. Yuan et al., "Simple Testing Can Prevent Most Critical Failures", OSDI
#   2014: 198 failures that users reported in five data systems; 77%
#   reproducible by a unit test.
# - Python documentation, "The try statement"; glossary: EAFP, LBYL.
