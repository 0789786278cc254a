# %% [markdown]
# # 10 · Tests
#
# **July, follow-up 2:** "tests for malformed requests". There were tests in
# June. There were many, all of them green, and each one sent what a client
# *should* send.
#
# *About 20 minutes. Then [exercise
# 10](../../exercises/10_tests/10_tests.ipynb), another 40.*
#
# Afterwards you can
#
# - derive test cases from what each handler promises,
# - test at the level of bytes, where libraries would repair the request,
# - state a property, and let the machine look for a counterexample,
# - judge a suite by the faults that it finds.
#
# Keep two questions in mind: *what would this test say if the code were wrong*,
# and *who cleaned up the input before it arrived*?

# %% [markdown]
# ## What is a suite worth?
#
# The release *tested* is the repaired service. To give you a fault to test
# against, one of its shards is broken: whoever asks for ap-south/3 gets a 500.
# Here is a suite that visits each of the application's four error handlers:

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
# And here are five faulty releases. In each, one edit breaks the error
# handling, the way people break it: on the left what stood in `boundary.py`, on
# the right what stands there now.

# %%
EDITS = {
    "a type forgotten": ("TypeError, AttributeError, Over", "TypeError, Over"),
    "text of the exception sent": ("problem(500)", "problem(500, repr(exc))"),
    "logged twice": (
        "    return problem(500)",
        '    log.error("broke", error=repr(exc))\n    return problem(500)',
    ),
    "clients are errors": ("log.warning(", "log.error("),
    "input echoed": ('"msg": e["msg"]}', '"msg": e["msg"], "in": e["input"]}'),
}
tested = Release.named("tested")
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
# Breaking the code on purpose, and counting how often the suite notices, is
# called *mutation testing*. Its tools change operators and constants. The
# mistakes that took the API down are of another kind: a type left out of an
# `except`, a `return` in a `finally`, one log call too many. So the exercise
# plants those by hand.
#
# The other half counts as much. A suite that fails on a *correct* release is
# wrong, too. `test_malformed` above demands a 400. Who promised a 400? The team
# that answers 422 next year has broken nothing, and will learn to ignore your
# tests.
#
# ## From a promise to a case
#
# A handler is a promise: *if this fails, that will happen*. Each promise can be
# broken in three places, and most suites look only at the first:
#
# | where | for example |
# |---|---|
# | the answer | its status, its headers, what its body must not contain |
# | the record | one error record with a traceback for a fault of ours, none for a client's |
# | the *next* request | the process lives, nothing is used up, nobody waits for a lock |
#
# Each `except` needs a case for every type that it names, and one for a type
# that it does *not* name, which has to come out. That last test is the one that
# catches `except Exception`. Some faults cannot be caused from outside, so you
# plant them: a broken shard, a directory that does not answer, a full disk.
#
# ## Below the schema
#
# FastAPI publishes a schema of its API, and Schemathesis turns the schema into
# tests: requests that fit it and requests that do not, thousands if you like.
# Here it makes up to thirty for each operation of the good release. It has not
# heard of the X-Route header:

# %%
from course.panel.tools import schemathesis

with Fleet(Release.named("good"), replicas=1) as fleet:
    print(*schemathesis(fleet), sep="\n")

# %% [markdown]
# You know that one: without the header, this release answers 500. So give the
# tool a valid X-Route header and let it look further. There is something to
# find: in module 06, a body with NaN made this release answer 500, too.

# %%
nan = predict("10 nan")

# %%
with Fleet(Release.named("good"), replicas=1) as fleet:
    found = schemathesis(fleet, "--header", f"X-Route: {VALID.decode()}")

# %%
nan.reveal(found)

# %% [markdown]
# Some bytes are worth sending by hand: wrong encodings, NaN, huge numbers, lone
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
# An example says what happens to *one* input. A property says what holds for
# every input. Hypothesis looks for an input for which it does not hold, then
# shrinks it. Take a helper that somebody wrote with care, so that it never
# raises:


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
# Unicode has digits that are not decimal digits. Nobody puts one into a table
# of examples. Good properties of error handling look like these:
#
# - *It raises nothing but ...*: a parser's only errors are those that it
#   promises.
# - *No client input is a 5xx*: the exercise's service promises that.
# - *There and back*: what was written can be read again.
# - *Same as the slow, simple one*: two implementations agree.
#
# Mind the strategy. `st.text()` never makes invalid UTF-8; for that, use
# `st.binary()`.
#
# ## An assertion that is not there
#
# In a test, `assert` is at home. In a service, it is a comment that sometimes
# runs, because Python's option `-O` leaves it out:

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
# Guard against *input* with an `if` and a `raise`. An `assert` states what can
# be false only if the code itself is wrong.
#
# ## Recall

# %%
from course.panel import recall

recall("10")

# %% [markdown]
# ## Take home
#
# - Judge a suite by the faults that it finds, and by the correct releases it
#   passes.
# - After each failure, look at the answer, the record, and the next request.
# - Tools know the schema. You know the bytes.
# - A property finds what you did not think of. Keep its find as an example.
#
# **Next:** [exercise 10 · Tests](../../exercises/10_tests/10_tests.ipynb).
#
# ## Sources
#
# - The facts of the incident: the postmortem of 5 June 2024, as retold in this
#   course's README. What June's tests were like is this course's invention.
# - R. DeMillo, R. Lipton, F. Sayward, "Hints on Test Data Selection: Help for
#   the Practicing Programmer", *Computer* 11(4), 1978: mutation testing.
# - Documentation of Hypothesis, of Schemathesis, and of Python's option `-O`.
