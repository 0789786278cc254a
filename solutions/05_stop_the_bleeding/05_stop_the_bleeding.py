# %% [markdown]
# # Exercise 05 · Stop the bleeding
#
# **5 June 2024, 14:45 UTC.** Replicas have been dying for three quarters of an
# hour. Backend engineering has found the line: on a malformed request, the
# route look-up raises an exception that ends the process. You write the hotfix.
#
# *About 25 minutes, after
# [lesson 05](../../course/notebooks/05_stop_the_bleeding.ipynb).*
#
# Afterwards you can
#
# - write the narrowest handler that stops an outage,
# - tell an exception that is the client's fault from one that is yours,
# - say which exceptions must never be caught.

# %% [markdown]
# ## What the deployment changed
#
# A request names its backend in one header:
# `X-Route: {"region": "eu-west", "shard": 3}`. Until this morning each request
# resolved its own header. Since the deployment, all look-ups go through one
# task, the dispatcher, which keeps a cache. Read the change as its reviewer
# did:

# %%
from course.outage import Release
from course.panel import show_diff

show_diff(Release.named("bad").diff())

# %% [markdown]
# Two things in it matter now:
#
# - `dispatch` calls `resolve`, and nothing around that call handles an
#   exception.
# - The dispatcher and the server share an `asyncio.TaskGroup`. When one task of
#   a group fails, the group cancels the others, and the process ends with the
#   exception.
#
# `resolve` itself has not changed. It was never prepared for a malformed
# header, but until this morning an exception in it ended a single request, with
# a 500. Here it is:

# %%
print(Release.named("bad").source("routing.py"))

# %% [markdown]
# ## Your task
#
# The next cell is the module `dispatch.py` as it was deployed. Change it so
# that
#
# 1. a malformed header gets its request a **4xx** response and leaves **a line
#    in the log**, of level info or above and from a logger (`print` is not
#    one),
# 2. **valid requests** are served as before: a region in any case, a shard as a
#    number or as its digits, with other fields or without,
# 3. an exception that nobody foresaw is still that request's **500**, with its
#    traceback in the log, down to the line of `resolve` that raised it: a bug
#    of ours must not look like the client's fault,
# 4. the process **lives** through all of it, and still **shuts down** when it
#    is told to, within 3 seconds and with exit code 0.
#
# What you can use:
#
# - The request waits for `lookup.reply`, a future. Give it a result, or an
#   exception with `lookup.reply.set_exception(...)`, and the request goes on
#   with that. A future refuses one exception, `StopIteration`; the check has no
#   bug that raises it.
# - FastAPI turns `HTTPException(status, "what was wrong")` from `fastapi` into
#   a response with that status. Any other exception becomes a 500, logged with
#   its traceback.
# - `structlog.get_logger(__name__)` gives you a logger:
#   `log.warning("something.happened", detail=value)`. Give it its fields in each call:
#   what `.bind()` returns while the module is imported goes by a logging that is not
#   configured yet, and its lines are no JSON and have no level.
#
# The cell is deployed on its own, in place of the module, so keep its imports
# in it. Run it after each change, then run the check below it.

# %% nbgrader={"grade_id": "dispatcher", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
"""Resolves every route in one task, so that the route cache needs no lock."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

import structlog
from course.service.routing import Backend, resolve
from fastapi import HTTPException

# What resolve() raises on a malformed header: bad bytes and bad JSON (both ValueErrors),
# a missing or unknown name, a wrong type, a number too large.
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, OverflowError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A header to resolve, and the future that its request waits on."""

    header: bytes
    reply: asyncio.Future[Backend]


async def dispatch(lookups: asyncio.Queue[Lookup]) -> None:
    """Answer look-ups in the order they came, for as long as the process lives."""
    cached_resolve = lru_cache(maxsize=1024)(resolve)
    while True:
        lookup = await lookups.get()
        try:
            backend = cached_resolve(lookup.header)
        except MALFORMED as exc:
            log.warning("route.malformed", header=repr(lookup.header), error=repr(exc))
            lookup.reply.set_exception(HTTPException(400, "malformed X-Route header"))
        except StopIteration as exc:  # a bug of ours, and a future refuses it
            bug = RuntimeError("resolve() raised StopIteration")
            bug.__cause__ = exc
            lookup.reply.set_exception(bug)
        except Exception as exc:  # noqa: BLE001 - a bug of ours: that request's 500
            lookup.reply.set_exception(exc)
        else:
            lookup.reply.set_result(backend)


# %% [markdown]
# ## Check it
#
# The check deploys your module to a real replica. It sends every kind of
# malformed request, with valid ones in between, and watches from outside. This
# takes a few seconds.

# %% nbgrader={"grade_id": "check_hotfix", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("05", dispatch)

# %% [markdown]
# ## Try it by hand
#
# The next cell starts one replica with your module on port 8000. That is where
# the `curl` lines in the check's feedback send their requests. Run them in a
# terminal (*File → New → Terminal*), or send requests from here. Run the cell
# again after a change. The last cell ends the replica; so does restarting the
# kernel.

# %%
from autograder.checking import release_of
from course.outage import Fleet
from course.outage.requests import http_request

if before := globals().get("fleet"):
    before.close()  # it holds the port, with your answer of the last time
fleet = Fleet(release_of("05", dispatch), replicas=1, port=8000)
print(fleet.send(http_request(b'{"region": "eu-west", "shard": 3}')))
print(fleet.send(http_request(b'{"region": "mars", "shard": 3}')))

# %%
# What the replica has logged, and how the process ended, if it did.
for entry in fleet.telemetry.log_entries():
    print(entry.record.get("level", ""), entry.record["event"])
print(fleet.telemetry.exits() or "The process is alive.")

# %%
fleet.close()
