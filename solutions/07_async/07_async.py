# %% [markdown]
# # Exercise 07 · Async
#
# **June, some weeks later.** "A dispatcher must never again take the server
# down", somebody wrote after the outage, and took it out of the task group.
# Since then it has not taken a server down. It has taken something else down.
#
# *About 35 minutes, after [lesson 07](../../course/notebooks/07_async.ipynb).*
#
# Afterwards you can
#
# - keep one failed look-up the matter of one request,
# - bound how long anything may take, cancellation and shutdown included,
# - own every task, and close resources on every path.

# %% [markdown]
# ## What there is
#
# In the release *orphan*, look-ups ask a directory over at most eight sessions.
# A session must be closed, or nobody else can have it. Read both modules:

# %%
from course.outage import Release

orphan = Release.named("orphan")
orphan.make_importable()  # so that your cell can be run here, too
print(orphan.source("directory.py"))

# %%
print(orphan.source("dispatch.py"))

# %% [markdown]
# The application opens the dispatcher in its lifespan, with
# `async with Dispatcher(directory) as dispatcher`. It calls
# `await dispatcher.lookup(header)` in each request, and reads
# `dispatcher.healthy` when somebody asks `/readyz`.
#
# ## Your task
#
# Rewrite `dispatch.py`, keeping that interface, so that
#
# 1. **One failure, one request.** A look-up that fails is its own request's
#    error (any 4xx or 5xx). Every other request is served.
# 2. **Bounded.** If the directory does not answer, the request gets an error
#    about `LOOKUP_WITHIN_S`, 1 second, after the question. While a session is
#    free, no slow look-up keeps another one waiting. An answer that comes too
#    late must do no harm.
# 3. **Shared.** Requests for the *same header at the same time* share one
#    question to the directory. (That is what a dispatcher is for.) Neither
#    answers nor errors are kept after that.
# 4. **Alive, or seen to be dead.** Whatever a look-up raises (any `Exception`,
#    or a `CancelledError` that nobody asked for), its requests get an answer,
#    and within 1 second look-ups work again, or `/readyz` says 503, or the
#    process ends.
# 5. **It goes when it is told to.** On shutdown, running look-ups are cancelled
#    at once, every session is closed, and within 3 seconds the process ends
#    with exit code 0.
# 6. **Nothing leaks.** After 1,000 failures all eight sessions are there.

# %% nbgrader={"grade_id": "dispatcher", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
"""Answers look-ups: each in a task of its own, shared by the requests that wait for it."""

import asyncio
from typing import Self

from course.service.directory import Directory
from course.service.routing import Backend

LOOKUP_WITHIN_S = 1.0


class LookupLost(Exception):
    """The look-up was cancelled, and not by the request that waits for it."""


class Dispatcher:
    """Answers look-ups while its `async with` block is open; owns their tasks.

    Not a task group: its children stand or fall together, and look-ups must not.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._running: dict[bytes, asyncio.Task[Backend]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Cancel the look-ups that are still running, and wait until they are gone."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def healthy(self) -> bool:
        """Always: there is no worker that could have died."""
        return True

    async def lookup(self, header: bytes) -> Backend:
        """The backend that `header` names; raises what the look-up raises.

        Raises TimeoutError after a second, and LookupLost.
        """
        task = self._running.get(header)
        if task is None:
            task = self._running[header] = asyncio.create_task(self._find(header))
            task.add_done_callback(lambda _: self._running.pop(header, None))
        try:
            # Others may wait for the same task: a request that is cancelled leaves it.
            return await asyncio.shield(task)
        except asyncio.CancelledError as exc:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise  # it is this request that was told to stop
            raise LookupLost(repr(header)) from exc

    async def _find(self, header: bytes) -> Backend:
        async with asyncio.timeout(LOOKUP_WITHIN_S):
            session = await self._directory.open_session()
            try:
                return await session.find(header)
            finally:
                session.close()


# %% [markdown]
# ## Check it
#
# The check plants slow, silent and broken answers in the directory, and watches
# from outside. It takes about ten seconds.

# %% nbgrader={"grade_id": "check_async", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("07", Dispatcher)

# %% [markdown]
# ## Try it by hand
#
# The next cell starts one replica with your module on port 8000. Run it again
# after a change.

# %%
from autograder.checking import release_of
from course.outage import Fleet
from course.outage.requests import http_request

if before := globals().get("fleet"):
    before.close()  # it holds the port, with your answer of the last time
fleet = Fleet(release_of("07", Dispatcher), replicas=1, port=8000)
VALID = http_request(b'{"region": "eu-west", "shard": 3}')
for raw in (VALID, http_request(b"{"), VALID):
    print(fleet.send(raw))
metrics = fleet.send(http_request(None, path="/metrics")).text
print(
    next(line for line in metrics.splitlines() if line.startswith("directory_sessions"))
)

# %%
fleet.close()

# %% [markdown]
# **Next:** [lesson 08 · The cascade](../../course/notebooks/08_cascade.ipynb).
