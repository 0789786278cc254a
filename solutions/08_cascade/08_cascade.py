# %% [markdown]
# # Exercise 08 · The cascade
#
# **July, the review of retries.** One request killed two processes, and the
# clients did the rest. You write both halves of the cure: a server that takes
# on no more than it can do, and a client that does not make things worse.
#
# *About 35 minutes, after
# [lesson 08](../../course/notebooks/08_cascade.ipynb).*
#
# Afterwards you can
#
# - compute what retries multiply a load by,
# - write a retry policy that backs off, spreads out and keeps to a budget,
# - shed load at the edge, early and cheaply.

# %% [markdown]
# ## Your turn: the factor
#
# A request passes several layers. Each layer tries the one below it up to a
# fixed number of times. At the bottom a share `failing` of the tries fails,
# independently of each other.
#
# `load_factor(failing, tries_by_layer)` is how many tries reach the bottom for
# each request at the top, on average:
#
# - one layer of 3 tries, everything failing: 3; five such layers: 243;
# - one layer of 3 tries, a tenth failing: 1 + 0.1 + 0.01 = 1.11;
# - nothing failing: 1.
#
# Lesson 08 has the formula for one layer. For several, ask how many tries the
# bottom gets at most, and when another one is made.

# %% nbgrader={"grade_id": "load_factor", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import math


def load_factor(failing, tries_by_layer):
    """Tries that reach the bottom for each request at the top, on average."""
    ### BEGIN SOLUTION
    most = math.prod(tries_by_layer)
    if failing == 1:
        return most
    # A further try is made only if all before it have failed.
    return (1 - failing**most) / (1 - failing)
    ### END SOLUTION


# %%
for layers in ([3], [3, 3], [3] * 5):
    print(layers, load_factor(1, layers), round(load_factor(0.1, layers), 3))

# %% [markdown]
# ## Your turn: the client
#
# One `RetryPolicy` serves all requests of a client. The client calls
# `request()` when it sends a request for the first time, and `wait(…)` after a
# try that failed. The policy has no clock. It answers with the seconds to wait
# before the next try, or with None to give up.
#
# 1. **At most 3 tries** of a request, the first one included. A request that
#    fails each time gets all 3, if the budget lasts.
# 2. **What another try may change**: no answer (`status` is None), 429, and 500
#    to 599. Any other 4xx is never tried again.
# 3. **Backoff with full jitter**: uniform between 0 and a backoff, which is
#    `BASE_S` (0.25 s) after the first try, doubles with each later one, and is
#    `LONGEST_S` (0.4 s) at most.
# 4. **Retry-After is heeded**: `retry_after_s`, where it is not None, comes on
#    top of that.
# 5. **A budget**: in the long run retries are at most 10% of the requests that
#    `request()` was called for. A few at the start are free, from 2 to 10.
#    Nothing but a retry takes from the budget. It must not run dry for good:
#    when no more than one request in 25 fails, all of them get their three
#    tries.

# %% nbgrader={"grade_id": "retry_policy", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
TRIES = 3
BASE_S = 0.25
LONGEST_S = 0.4
BUDGET = 0.1


class RetryPolicy:
    """When a client tries again; one policy for all of its requests."""

    def __init__(self, rng):
        """`rng` is a random.Random: draw from it, and from nothing else."""
        ### BEGIN SOLUTION
        self._rng = rng
        self._most = 5.0
        self._left = self._most
        ### END SOLUTION

    def request(self):
        """A request is about to be sent for the first time."""
        ### BEGIN SOLUTION
        # No more than that is ever saved up: after a calm hour an outage would else
        # begin with hundreds of retries.
        self._left = min(self._most, self._left + BUDGET)
        ### END SOLUTION

    def wait(self, tries, status, retry_after_s):
        """Seconds until the next try, or None; `tries` have been made so far."""
        ### BEGIN SOLUTION
        passing = status is None or status == 429 or 500 <= status <= 599
        if not passing or tries >= TRIES or self._left < 1:
            return None
        self._left -= 1
        backoff = min(LONGEST_S, BASE_S * 2 ** (tries - 1))
        return self._rng.uniform(0, backoff) + (retry_after_s or 0)
        ### END SOLUTION


# %%
import random

policy = RetryPolicy(random.Random(1))
policy.request()
print("no answer:", policy.wait(1, None, None), "| 404:", policy.wait(1, 404, None))

# %% [markdown]
# ## Your turn: the server
#
# In the release *narrow* a look-up takes a tenth of a second, and a replica
# does two at a time: 20 requests a second. The next cell is the middleware that
# stands before the application. So far it takes on whatever comes. Rewrite it
# so that
#
# 1. at most `LIMIT` requests are in progress; choose a number from 3 to 6.
#    Whatever comes beyond that gets a **503 with a Retry-After header at
#    once**, without reaching the application;
# 2. `/healthz`, `/readyz` and `/metrics` are **never refused**, and take
#    nobody's place: a replica that is busy is not ill;
# 3. a place is given back on **every** path: an answer, an exception, a
#    cancellation;
# 4. whatever is not an HTTP request (`scope["type"]`) passes through untouched,
#    and takes nobody's place.
#
# `scope["path"]` is the path. A response of your own is an application, too:
# `await Response(status_code=…, headers=…)(scope, receive, send)`, with
# `from starlette.responses import Response`.

# %% nbgrader={"grade_id": "shedding", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
"""How many requests the service takes on at the same time."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Two are served, four wait: a request is answered in a third of a second, or refused.
LIMIT = 6
RETRY_AFTER_S = 1

# Whoever asks these wants to know how the process is, above all when it is busy.
NEVER_REFUSED = {"/healthz", "/readyz", "/metrics"}


class Shedder:
    """Stands before the application `app`; refuses what it could not serve in time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of `app`, or answer 503."""
        if scope["type"] != "http" or scope["path"] in NEVER_REFUSED:
            return await self.app(scope, receive, send)
        if self._in_progress >= LIMIT:
            refusal = PlainTextResponse(
                "busy: try again later",
                status_code=503,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
            return await refusal(scope, receive, send)
        self._in_progress += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._in_progress -= 1


# %% [markdown]
# ## Check it
#
# The check asks the client for thousands of decisions, and then runs both
# halves live. It takes about fifteen seconds.

# %% nbgrader={"grade_id": "check_cascade", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("08", Shedder, load_factor, RetryPolicy)

# %% [markdown]
# ## Try it by hand
#
# Here is your server under twice as many requests as it can serve, from clients
# that insist. It refuses most tries, and a refusal is a 503: the alert stays on,
# and the chart is mostly orange. Watch the number beside *served*: it stays near
# 20 a second, which is all that the server can do. With the middleware as it was
# given, it falls to 0.

# %%
from autograder.checking import release_of
from course.outage import Fleet
from course.outage.traffic.retries import NAIVE
from course.outage.traffic.load import Load
from course.panel import LiveView

with Fleet(release_of("08", Shedder), replicas=1) as fleet:
    fleet.start_traffic(Load(rate=40, seed=5, retries=NAIVE))
    LiveView(fleet).watch(seconds=10, title="Overload, with your server")

# %% [markdown]
# **Next:** [lesson 09 · Signals](../../course/notebooks/09_signals.ipynb).
