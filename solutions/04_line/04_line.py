# %% [markdown]
# # Exercise 04 · Find the line
#
# **5 June 2024, 14:30 UTC.** Backend engineering is on the call and asks for
# two things: the smallest request that kills, and a test that fails. Then you
# prepare the handler.
#
# *About 30 minutes, after [lesson 04](../../course/notebooks/04_line.ipynb).*
#
# Afterwards you can
#
# - shrink a failing request to a minimal one, without slipping to another
#   failure,
# - write the failing test first, and know what it has to look at,
# - put the parts of a try in order,
# - translate an exception narrowly, and keep its cause.

# %% [markdown]
# ## Your turn: the smallest header
#
# The capture has this header right before a process died:

# %%
CAPTURED = (
    '{"v": 2, "shard": 3, "client": "batch-import/4.1 (linux; amd64)", "retry": 2, '
    '"region": ["eu-west", "us-east"], "trace": "4bf92f3577b34da6a3ce929d0e0e4736", '
    '"deadline_ms": 30000}'
)

# %%
from course.outage import Fleet, Release
from course.outage.fleet.failure import failure_of
from course.outage.requests import http_request

with Fleet(Release.named("good"), replicas=1) as good:
    print(
        len(CAPTURED), "characters:", *failure_of(good, http_request(CAPTURED.encode()))
    )

# %% [markdown]
# Return an X-Route header that fails **alike** (the same type of exception,
# from the same line), from which **no single character** can be left out, and
# which has **at most 13 characters**. Such a header ends a process of June's
# release, and none of the good one.
#
# You know everything you need from lesson 04: `minimise`, `failure_of`, and
# your own eyes for the last step. Work in the empty cell below.

# %%
# Shrink it here.


# %% nbgrader={"grade_id": "reproducer", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def reproducer():
    """The smallest X-Route header that fails as the captured one does."""
    ### BEGIN SOLUTION
    return '{"region":0}'
    ### END SOLUTION


# %% [markdown]
# ## Your turn: the failing test
#
# Write a pytest test that **fails on June's release**, because of what was
# wrong with it, and **passes on every release that is right**: on the good one,
# which answers a malformed request with a 500, and on a later one that answers
# with a 4xx.
#
# The test gets a service to send bytes to. `service.send(raw)` returns a
# response with a `status` (None if there was no answer). A process that has
# died stays dead for the rest of the run.

# %% nbgrader={"grade_id": "regression_test", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
from course.outage.requests import http_request


def test_malformed_requests_harm_nobody_else(service):
    """What June's release got wrong."""
    ### BEGIN SOLUTION
    for malformed in (b'{"region": 0}', b"{", b'{"region": "mars", "shard": 1}'):
        service.send(http_request(malformed))
        answer = service.send(http_request(b'{"region": "eu-west", "shard": 3}'))
        assert answer.status == 200, (
            f"after {malformed!r} a valid request got: {answer}"
        )
    ### END SOLUTION


# %%
# Try it: you can send bytes to a fleet in the same way.
for name in ("good", "bad"):
    with Fleet(Release.named(name), replicas=1) as service:
        try:
            test_malformed_requests_harm_nobody_else(service)
            print(f"{name}: passes")
        except AssertionError as exc:
            print(f"{name}: fails, {exc}")

# %% [markdown]
# ## Your turn: the order of handlers
#
# Here are all lines of the next function, in alphabetical order. Put them into
# the right order, with the right indentation. Each header must give the steps
# of its row:
#
# | header | steps |
# |---|---|
# | `{"shard": "3"}` | `["shard 3", "done"]` |
# | `{"shard` | `["no JSON", "done"]` |
# | `{"shard": "three"}` | `["no number", "done"]` |
# | `{"region": 1}` | `["no shard", "done"]` |
# | `[3]` | `["something else", "done"]` |
#
# ```text
# else:
# except Exception:
# except LookupError:
# except ValueError:
# except json.JSONDecodeError:
# finally:
# return steps
# shard = int(json.loads(header)["shard"])
# steps = []
# steps.append("done")
# steps.append("no JSON")
# steps.append("no number")
# steps.append("no shard")
# steps.append("something else")
# steps.append(f"shard {shard}")
# try:
# ```

# %% nbgrader={"grade_id": "steps_of", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import json


def steps_of(header):
    """The steps that reading `header` takes, as in the table above."""
    ### BEGIN SOLUTION
    steps = []
    try:
        shard = int(json.loads(header)["shard"])
    except json.JSONDecodeError:
        steps.append("no JSON")
    except ValueError:
        steps.append("no number")
    except LookupError:
        steps.append("no shard")
    except Exception:  # noqa: BLE001 - the exercise is about where it stands
        steps.append("something else")
    else:
        steps.append(f"shard {shard}")
    finally:
        steps.append("done")
    return steps
    ### END SOLUTION


# %%
for header in (
    '{"shard": "3"}',
    '{"shard',
    '{"shard": "three"}',
    '{"region": 1}',
    "[3]",
):
    print(f"{header:20} {steps_of(header)}")

# %% [markdown]
# ## Your turn: translate, and keep the cause
#
# `parse_route(header, shards_of)` reads a header and returns the pair of its
# region, in lower case, and its shard, as an `int`. A header may write the
# shard as a number or as its digits, and may have other fields.
#
# - A header that cannot be read raises **RouteError**, or a subclass of it.
#   Callers should not have to know five types. Lesson 04 has shown them; a
#   number too large for `int` is a sixth case (`1e999` is valid JSON).
# - Raise it *from* the exception that showed the problem: Python's, or one that
#   you raise in a check of your own.
# - The error carries a **note** with the header, as `repr` shows it.
# - A shard that the region does not have raises RouteError as well. That one
#   may do without a note and a cause.
# - `shards_of(region)` is *our own* code. It returns the number of shards,
#   which count from 0. What it raises is a bug of ours, and comes out
#   **untouched**: the same exception, with no cause and no note of yours.

# %% nbgrader={"grade_id": "parse_route", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import json


class RouteError(Exception):
    """A request names no backend of ours."""


def parse_route(header, shards_of):
    """The region and shard that `header` names. Raises RouteError."""
    ### BEGIN SOLUTION
    try:
        route = json.loads(header)
        region, shard = route["region"].lower(), int(route["shard"])
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as exc:
        error = RouteError("the X-Route header cannot be read")
        error.add_note(f"header: {header!r}")
        raise error from exc
    if not 0 <= shard < shards_of(region):
        error = RouteError(f"{region} has no shard {shard}")
        error.add_note(f"header: {header!r}")
        raise error
    return region, shard
    ### END SOLUTION


# %%
SHARDS = {"eu-west": 8}
print(parse_route('{"region": "EU-West", "shard": "3"}', SHARDS.__getitem__))
try:
    parse_route('{"region": "eu-west"}', SHARDS.__getitem__)
except RouteError as exc:
    print(repr(exc), "from", repr(exc.__cause__), exc.__notes__)

# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_line", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("04", reproducer, test_malformed_requests_harm_nobody_else, steps_of, parse_route)

# %% [markdown]
# You have the line, a header of thirteen characters at most that proves it, and
# a test that stays red until somebody repairs it. It is 14:45.
#
# **Next:**
# [lesson 05 · Stop the bleeding](../../course/notebooks/05_stop_the_bleeding.ipynb).
