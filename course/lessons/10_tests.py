# %% [markdown]
# # 10 · Tests
#
# **July, follow-up 2:** "tests for malformed requests". There had been tests in June: many,
# all green, and each of them sent what a client *should* send.
#
# *About 20 minutes, then [exercise 10](../../exercises/10_tests/10_tests.ipynb) with 40
# more.*
#
# Afterwards you can
#
# - derive test cases from what each handler promises,
# - test at the level of bytes, where libraries would repair the request,
# - state a property, and let the machine look for a counterexample,
# - judge a suite by the faults that it finds.
#
# Two questions to keep in mind: *what would this test say if the code were wrong*, and *who
# made the input nicer than it was*?

# %% [markdown]
# ## What is a suite worth?
#
# The release *tested* is the repaired service. To have something to test, one of its shards
# is broken: whoever asks for ap-south/3 meets a fault of ours. Here is a suite. It visits
# each of the four error handlers that the application has.

# %%
from course.outage import Fleet, Release
from course.outage.requests import http_request

VALID = b'{"region": "eu-west", "shard": 3}'
BROKEN = b'{"region": "ap-south", "shard": 3}'


def test_valid(service):
    assert service.send(http_request(VALID)).status == 200


def test_malformed(service):
    assert service.send(http_request(b"{")).status == 400


def test_unknown_path(service):
    assert service.send(http_request(VALID, path="/nothing")).status == 404


def test_invalid_body(service):
    body = b'{"item": "tea"}'
    assert service.send(http_request(VALID, "PUT", "/orders/1", body)).status == 422


def test_fault_of_ours(service):
    assert service.send(http_request(BROKEN)).status == 500


SUITE = [
    test_valid,
    test_malformed,
    test_unknown_path,
    test_invalid_body,
    test_fault_of_ours,
]

# %% [markdown]
# And here are five releases, each with one mistake in its error handling: one line each, of
# the kind that people make.

# %%
tested = Release.named("tested")
EDITS = {
    "one type forgotten": ("TypeError, AttributeError, Over", "TypeError, Over"),
    "the exception's text in the answer": (
        "return problem(500)",
        "return problem(500, repr(exc))",
    ),
    "logged twice": (
        "    return problem(500)",
        '    log.error("broke", error=repr(exc))\n    return problem(500)',
    ),
    "clients are errors": ("log.warning(", "log.error("),
    "the input is echoed": ('"msg": e["msg"]}', '"msg": e["msg"], "in": e["input"]}'),
}
faulty = {
    name: tested.called(name).edited("boundary.py", old, new)
    for name, (old, new) in EDITS.items()
}

# %%
from course.panel import predict

worth = predict("10 worth")


# %%
def failing(suite, release):
    """The tests of `suite` that fail on one replica of `release`."""
    failed = []
    with Fleet(release, replicas=1) as service:
        for test in suite:
            try:
                test(service)
            except AssertionError:
                failed.append(test.__name__)
    return failed


print("Tests that fail on the correct release:", failing(SUITE, tested))
failed = {name: failing(SUITE, release) for name, release in faulty.items()}

# %%
worth.reveal(failed)

# %% [markdown]
# To break the code on purpose, and to count how often the suite notices, is a
# measure of the suite. It is *mutation testing*. The tools for it change operators and
# constants; the mistakes that took the API down are of another sort (a type left out of an
# `except`, a `return` in a `finally`, a log call too many), so the exercise plants those by
# hand.
#
# The other half counts as much: a suite that fails on a *correct* release is wrong, too.
# `test_malformed` above demands 400. Who promised 400? A team that answers 422 next year has
# broken nothing, and will learn to ignore your tests.
#
# ## From a promise to a case
#
# A handler is a promise: *if this fails, that will be so*. Each promise has three places
# where it can be broken, and most suites look at the first alone:
#
# | where | for example |
# |---|---|
# | the answer | its status, its headers, what its body must not hold |
# | the record | one of level error for a fault of ours, with a traceback; none for a client's |
# | the *next* request | the process lives, nothing is used up, nobody waits for a lock |
#
# And each `except` wants a case for every type that it names, and one for a type that it does
# *not* name: that must come out. A test for the last is the one that finds
# `except Exception`. Faults that you cannot cause from outside have to be planted: a broken
# shard, a directory that does not answer, a full disk.
#
# ## Below the schema
#
# FastAPI publishes a schema of its API, and Schemathesis makes tests of it: requests that
# fit and requests that do not, thousands if you like. Here it makes up to thirty for each
# operation of the good release. Most of them have no X-Route header:

# %%
from course.panel.tools import schemathesis

with Fleet(Release.named("good"), replicas=1) as fleet:
    print(*schemathesis(fleet), sep="\n")

# %% [markdown]
# This release answers 500 where the header is missing, as you know. Now give the
# tool a valid X-Route header. In module 06, a body with NaN was a 500, too.

# %%
nan = predict("10 nan")

# %%
with Fleet(Release.named("good"), replicas=1) as fleet:
    found = schemathesis(fleet, "--header", f"X-Route: {VALID.decode()}")

# %%
nan.reveal(found)

# %% [markdown]
# Bytes that are worth sending by hand: wrong encodings, NaN, huge numbers, lone
# surrogates, deep nesting, duplicate headers, null bytes. Two of them:

# %%
BODIES = {
    "NaN": b'{"item": "tea", "quantity": NaN}',
    "half a surrogate pair": b'{"item": "\\ud83d", "quantity": 0}',
}
with Fleet(Release.named("good"), replicas=1) as fleet:
    for name, body in BODIES.items():
        print(f"{name}: {fleet.send(http_request(VALID, 'PUT', '/orders/1', body))}")

# %% [markdown]
# ## A property
#
# An example says what happens to *one* input. A property says what holds for all of them, and
# Hypothesis looks for one for which it does not, then shrinks it. A helper that somebody wrote
# with care, so that it never raises:


# %%
def shard_of(text):
    """The number of a shard, or None if `text` is no number. Never raises."""
    if not text.isdigit():
        return None
    return int(text)


assert shard_of("3") == 3
assert shard_of("three") is None
assert shard_of("") is None
assert shard_of("-1") is None

# %%
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(database=None, max_examples=2000, derandomize=True, deadline=None)
@given(st.text(max_size=3))
def test_it_never_raises(text):
    shard_of(text)


try:
    test_it_never_raises()
except ValueError as exc:
    print(repr(exc))
    print(*exc.__notes__, sep="\n")

# %% [markdown]
# A digit that is no decimal digit. Nobody puts that into a table of examples. What makes a
# good property of error handling?
#
# - *It never raises anything but ...*: a parser's errors are those that it promises.
# - *No input of a client is a 5xx*: what the exercise's service promises.
# - *There and back*: what was written is read again.
# - *The same as a slow and simple one*: two implementations agree.
#
# Mind the strategy. `st.text()` never makes invalid UTF-8; for that you need `st.binary()`.
#
# ## An assertion that is not there
#
# In tests `assert` is at home. In the service it is a comment that sometimes runs: Python's
# option `-O` leaves it out.

# %%
from course.panel.tools import python

CHECKED = """
shard = 99
assert shard < 8, "no such shard"
print("served by shard", shard)
"""
print("python   :", python(CHECKED))
print("python -O:", python(CHECKED, "-O"))

# %% [markdown]
# Whatever guards against *input* is an `if` and a `raise`. An `assert` states what cannot be,
# unless the code itself is wrong.
#
# ## Recall

# %%
from course.panel import recall

recall("10")

# %% [markdown]
# ## Take home
#
# - Judge a suite by the faults that it finds, and by the correct releases that it passes.
# - After each failure look at the answer, at the record, and at the next request.
# - Tools know the schema. You know the bytes.
# - A property finds what you did not think of. Keep what it found as an example.
#
# **Next:** [exercise 10 · Tests](../../exercises/10_tests/10_tests.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README;
#   what June's tests were like is this course's own.
# - R. DeMillo, R. Lipton, F. Sayward, "Hints on Test Data Selection: Help for the Practicing
#   Programmer", *Computer* 11(4), 1978: mutation testing.
# - Documentation of Hypothesis, of Schemathesis, and of Python's option `-O`.
