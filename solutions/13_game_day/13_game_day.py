# %% [markdown]
# # Exercise 13 · Game day
#
# **Today, 14:00.** Somebody has deployed. You are on call, and this time nobody
# has written down what is wrong. Your outage is drawn from a family of ten,
# half of which come in four variants. Your neighbor most likely has another
# one.
#
# *About 60 minutes, after [lesson
# 13](../../course/notebooks/13_game_day.ipynb). Take them in one piece: the
# clock runs.*
#
# Afterwards you can
#
# - lead an outage that nobody has seen before: mitigate, find, fix, and say
#   what you do,
# - tell by a few signals which sort of failure you look at,
# - write a postmortem that is blameless and has consequences.

# %% [markdown]
# ## The service
#
# The release *drill* is the orders API with a directory behind it. Each replica
# asks the directory over **four sessions**. Three of its modules are as they
# always were. The fourth, `lookups.py`, was deployed this morning, and you do
# not see it yet. There is no way back: the same deployment changed the data,
# and the previous release cannot read them now.

# %%
from course.outage import Release

drill = Release.named("drill")
drill.make_importable()  # so that your cell can be run here, too
for module in ("boundary.py", "directory.py"):
    print(drill.source(module))

# %% [markdown]
# ## The day
#
# The next cell starts it. For five seconds, all is well. Then one request in
# six is malformed, in one of the seven ways that you know, and the rest
# follows. The clock in the panel shows 14:00 when the alert fires, and runs in
# real minutes. (If no alert fires, users complain after half a minute. That
# would be a finding of its own.)
#
# You have:
#
# - the **panel**: rates, latencies, deaths, the log with its filter, and
#   *Restart*;
# - `day.metrics()`: what the replicas count; `day.fleet.send(raw)`: a request
#   of your own;
# - `day.note("…")`: a line for the timeline. Write down what you think when you
#   think it. When you know the cause, begin the line with `cause:`.

# %%
from autograder.learning.game_day import GameDay

if before := globals().get("day"):
    before.close()
day = GameDay()
day.show()

# %%
day.note("I am looking at it")
day.metrics()

# %% [markdown]
# ## What you can send
#
# You can send each kind of malformed request, one at a time, and a valid one.
# This is a blunt instrument: the service may be down already, and what you send
# may be what takes it down. Restart first, and you have a few seconds.

# %%
import random

from course.outage.requests import MALFORMED, http_request, malformed

VALID = http_request(b'{"region": "eu-west", "shard": 3}')
print(f"{'valid':20} {day.fleet.send(VALID)}")
for kind in MALFORMED:
    print(f"{kind:20} {day.fleet.send(malformed(random.Random(1), kind)[1])}")

# %% [markdown]
# ## The module
#
# Run the next cell once. The module that was deployed then takes the place of
# its lines. (If your front end does not do that, put the printed lines there
# yourself.) Fix the module, and run its cell again, so that
#
# 1. **valid requests are served**, whatever else arrives;
# 2. **a malformed header is the client's fault**: 400, by `BadRoute`; each kind
#    of it, every time (an unknown region may be a 503 instead, because the
#    directory asks around);
# 3. **a bug of ours stays ours**: what is not about the header becomes a 500,
#    with a traceback in the log, and the next request is served;
# 4. **a directory that does not answer** costs its own request about a second
#    (503, by `TimeoutError`), and costs nobody else anything. A look-up waits
#    for an answer that takes half a second, but not for one that takes more
#    than two. Once the directory answers again, nobody is refused;
# 5. **all sessions come back**, and each question is asked once;
# 6. **it stops when it is told to**: exit code 0, within its grace of three
#    seconds.
#
# The application opens `async with Lookups(directory) as lookups`, calls `await
# lookups.lookup(header)` for each request, and asks `lookups.healthy` for
# `/readyz`, which says 200 while requests are served. You may rewrite as much
# as you like. Less is often more.

# %% nbgrader={"grade_id": "lookups", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
"""Asks the directory: each look-up is the matter of the request that wants it."""

import asyncio
from typing import Self

from course.service.boundary import BadRoute
from course.service.directory import Directory
from course.service.routing import Backend

WITHIN_S = 1.0
# What resolve() raises on a header that names no backend.
NO_BACKEND = (ValueError, LookupError, TypeError, AttributeError)


class Lookups:
    """Answers look-ups. No task, no queue and no memory: nothing can be left behind."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    @property
    def healthy(self) -> bool:
        """Always: nothing here can die without its request."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that the X-Route `header` names. Raises BadRoute, TimeoutError."""
        async with asyncio.timeout(WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            except NO_BACKEND as exc:
                raise BadRoute("the X-Route header names no backend") from exc
            finally:
                session.close()


# %% [markdown]
# ## Out with it
#
# Roll your cell out to the burning fleet. Do it as soon as it may help; you can
# do it again.

# %%
day.deploy(Lookups)

# %%
day.timeline()

# %% [markdown]
# ## Debrief
#
# Here is your day beside June's. Theirs was harder: nobody had told them to
# look for an exception. Compare where the time went.

# %%
day.debrief()

# %%
day.close()

# %% [markdown]
# ## The rubric
#
# A person reads your postmortem and gives up to **10 points**, two for each
# line, beside the 10 of the check below. The check only looks whether everything
# is there.
#
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | **impact** | "the API was down" | a number | who was hurt, how many requests, how long, and how that was measured |
# | **timeline** | what happened at the end | events with times | what was *believed and decided* when, including dead ends |
# | **contributing causes** | one line of code | the line, and why it was fatal | also why nothing noticed it earlier: tests, review, rollout, signals |
# | **blameless** | a name, or "should have" | no names | why each decision made sense to whoever made it, with what was known |
# | **actions** | "be more careful" | specific | specific, each with owner and date; one that prevents, one that detects, one that shortens |

# %% [markdown]
# ## Your turn: the postmortem
#
# Write it while you remember. It has six fields, as plain text or as lists of
# lines. The check reads them and does not run them:
#
# - `summary`: for somebody who was not there, 30 words or more;
# - `impact`: with numbers, in digits;
# - `timeline`: a line for each event, at least five, each beginning with its
#   time (`T+02:10` or `14:02`); `day.timeline()` has most of it;
# - `causes`: a line for each contributing cause, at least three;
# - `response`: what went well, what did not, where we were lucky;
# - `actions`: a line for each, at least three: *what* | *owner* | *date*, as in
#   `a test with malformed headers | orders team | 2026-12-04`. Write the date
#   like this one. An owner is a team or a role.


# %% nbgrader={"grade_id": "postmortem", "solution": true, "grade": true, "locked": false, "points": 10, "task": false, "schema_version": 3}
class Postmortem:
    """What happened, what made it possible, and what changes."""

    summary = """
    From 14:00 on, the orders API answered nearly no request. A release of the morning kept a
    session with the directory whenever a header lacked a part. Four such requests used up a
    replica. A fix that gives the session back on every path ended the outage.
    """

    impact = """
    All users. In 9 minutes about 16,000 requests were due and 92% of them failed, measured
    by the clients of the load generator; no order was lost or stored twice.
    """

    timeline = """
    T-00:09 the first malformed requests arrive
    T+00:00 the alert fires
    T+00:40 on call looks at it: no process has died, /healthz says 200
    T+02:10 we believe that the directory is slow; its counter has stopped, so it is not asked
    T+03:00 restart: served again for eight seconds
    T+05:20 cause: directory_sessions_open is 4 with no look-up under way
    T+08:30 fix 1 is deployed
    T+08:50 users are served again
    """

    causes = """
    A session was given back after success and in one handler, and not on every path.
    No test sent the same malformed request more than once to one process.
    The release went to all replicas at once, although we have a canary.
    /readyz says 200 while every look-up waits, so the orchestrator saw nothing to do.
    """

    response = """
    Well: the restart was tried early, and its effect was measured before the next step.
    Badly: four minutes went into the directory's latency, because no alert says "sessions".
    Lucky: the malformed requests came from one client, and could have been blocked.
    """

    actions = """
    Property test: after n failures of any kind all sessions are back | orders team | 2026-12-04
    Alert on directory_sessions_open at its maximum for 10 s | on-call guild | 2026-12-11
    Gate every rollout of the orders API by the canary | platform team | 2026-12-18
    """


# %% [markdown]
# ## Check it
#
# The check puts your module under everything that brought down one of the ten,
# not only under what brought down yours.

# %% nbgrader={"grade_id": "check_game_day", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("13", Lookups, Postmortem)

# %% [markdown]
# That was the last one. What you take with you fits on one page: [the handler's
# checklist](../../../course/checklist.md).
