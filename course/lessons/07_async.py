# %% [markdown]
# # 07 · Async
#
# **Some weeks after 5 June.** One of the follow-ups reads "the dispatcher must
# never again take the server down". Somebody has done exactly that.
#
# *About 25 minutes, then [exercise 07](../../exercises/07_async/07_async.ipynb)
# with 35 more.*
#
# Afterwards you can
#
# - keep one failed look-up the matter of one request,
# - bound how long anything may take, cancellation and shutdown included,
# - own every task, and close resources on every path.
#
# Keep two questions in mind: *who owns this task*, and *how long can it take?*

# %% [markdown]
# ## One bad request
#
# The release *orphan* took the dispatcher out of the task group. It now runs in
# a task of its own, which `create_task` starts and which is then left alone:

# %%
from course.outage import Release

orphaned = Release.named("orphan")
print(orphaned.source("dispatch.py", since="async def __aenter__"))

# %% [markdown]
# One replica gets valid traffic and, after five seconds, *one* malformed
# request.

# %%
from course.panel import predict

orphan = predict("07 orphan")

# %%
from course.outage.requests import http_request
from course.outage.traffic.load import Load
from course.panel import Stage

stage = Stage("07")
with stage.run("struck", orphaned, Load(rate=40, seed=2), replicas=1) as struck:
    struck.watch(5, "Valid requests alone")
    struck.mark("struck")
    struck.fleet.send(http_request(b"{"), timeout_s=0.1)
    struck.watch(8, "One malformed request later")
    health = struck.fleet.send(http_request(None, path="/healthz"))
    ready = struck.fleet.send(http_request(None, path="/readyz"))
stage.close()


# %%
orphan.reveal(struck, health, ready)

# %% [markdown]
# ## Who owns the task?
#
# An exception ends the task that raises it, and goes to whoever waits for that
# task (module 02). If nobody waits, it stays in the task object until that is
# thrown away:

# %%
import asyncio


async def worker():
    {}["region"]


task = asyncio.create_task(worker())
await asyncio.sleep(0.05)
print("done:", task.done(), "| exception, if one asks:", repr(task.exception()))

# %% [markdown]
# Here is who owned the tasks in June, in *orphan*, and who should:
#
# ![Three drawings. June: a task group owns server and dispatcher; when the
# dispatcher fails, the group cancels the server. Orphan: nobody owns the
# dispatcher; when it fails, nobody is told and requests wait. Owned one by one:
# the dispatcher owns a task for each look-up; when one fails, its requests are
# told and nobody else.](../figures/tasks.svg)
#
# In general, a task has one of three owners, or none:
#
# | owner | a failure reaches | right for |
# |---|---|---|
# | `async with asyncio.TaskGroup()` | the group: it cancels the others, then raises | steps of *one* piece of work |
# | whoever keeps the task and awaits it | that one | work for somebody in particular |
# | a set of tasks with a done callback | the callback | long-lived workers, which it may restart |
# | nobody | nobody | nothing |
#
# ## Threads, too
#
# Who owns a thread? It depends on how you start it. An exception that ends a
# `Thread` goes to `threading.excepthook`, which prints it, and the process
# lives on without that thread. An executor keeps the exception in the future
# until somebody asks:

# %%
import threading
from concurrent.futures import ThreadPoolExecutor

told = []
usual, threading.excepthook = threading.excepthook, lambda hooked: told.append(hooked)
thread = threading.Thread(target=lambda: {}["region"])
thread.start()
thread.join()
threading.excepthook = usual
print("a thread told its hook:", repr(told[0].exc_value))

with ThreadPoolExecutor(1) as pool:
    forgotten = pool.submit(lambda: {}["region"])
print("an executor told nobody:", repr(forgotten.exception()))

# %% [markdown]
# `pool.map` raises the exception where its results are read, and
# `loop.run_in_executor` where it is awaited. A future that nobody reads is an
# orphan with a thread of its own.
#
# ## Stand or fall together
#
# A task group is right where the parts make no sense without each other. Watch
# one part fail:

# %%
import time


async def step(name, seconds, fails=False):
    started = time.perf_counter()
    try:
        await asyncio.sleep(seconds)
        if fails:
            raise ValueError(name)
        print(f"{name}: finished")
    except asyncio.CancelledError:
        print(f"{name}: cancelled after {time.perf_counter() - started:.1f} s")
        raise


try:
    async with asyncio.TaskGroup() as group:
        group.create_task(step("order", 0.3))
        group.create_task(step("prices", 0.1, fails=True))
        group.create_task(step("stock", 5.0))
except* ValueError as failed:
    print("the page cannot be shown:", failed.exceptions)

# %% [markdown]
# Nobody waits five seconds for the stock of a page that can't be shown. For a
# page that is right. For look-ups of *different users* it is June again: one
# user's bad header cancels everybody.
#
# Keep the failures of independent work apart. Each task's outcome goes to
# whoever waits for *that task*:

# %%
tasks = {name: asyncio.create_task(step(name, 0.1, name == "B")) for name in "ABC"}
for name, task in tasks.items():
    try:
        await task
    except ValueError as exc:
        print(f"{name}'s own user is told: {exc!r}")

# %% [markdown]
# Sometimes nobody awaits a task at once. Then an object owns it and keeps it. A
# done callback tells the owner of every end. On closing, the owner cancels what
# still runs and *waits until it is gone*: `gather(…, return_exceptions=True)`
# waits for all tasks, however they end.


# %%
class Mailer:
    """Delivers letters in the background; owns every task that it starts."""

    def __init__(self):
        self._tasks = set()

    def send(self, letter, seconds):
        task = asyncio.create_task(self._deliver(letter, seconds))
        self._tasks.add(task)  # the event loop itself holds it only weakly
        task.add_done_callback(self._ended)

    def _ended(self, task):
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            print("the mailer learns of", repr(task.exception()))

    async def close(self):
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        print(f"closed: {len(tasks)} cancelled, {len(self._tasks)} left")

    async def _deliver(self, letter, seconds):
        await asyncio.sleep(seconds)
        if not letter:
            raise ValueError("an empty letter")


# %%
mailer = Mailer()
mailer.send("to the bank", 0.05)
mailer.send("", 0.05)
mailer.send("overseas", 30)
await asyncio.sleep(0.2)
await mailer.close()

# %% [markdown]
# ## Time-outs
#
# Code that waits for something outside will wait forever one day.
# `asyncio.timeout` puts a bound on a block. When the time is up, it cancels the
# task *inside* the block, and at the block's edge it turns that cancellation
# into `TimeoutError`.


# %%
async def ask(seconds):
    async with asyncio.timeout(0.2):
        await asyncio.sleep(seconds)
        return "an answer"


for seconds in (0.1, 10):
    started = time.perf_counter()
    try:
        print(await ask(seconds))
    except TimeoutError:
        print(f"TimeoutError after {time.perf_counter() - started:.1f} s")

# %% [markdown]
# Mind *what* is inside the block. If a request times out while it waits for
# somebody else's task, that task goes on. It may come back later with a result
# that nobody waits for. A cancelled future refuses that result, with an
# exception in the task that brings it:

# %%
reply = asyncio.get_running_loop().create_future()
try:
    async with asyncio.timeout(0.05):
        await reply
except TimeoutError:
    print("the request has gone; its future is cancelled:", reply.cancelled())
try:
    reply.set_result("eu-west/3")
except asyncio.InvalidStateError as exc:
    print("the dispatcher gets:", repr(exc))

# %% [markdown]
# In a loop that answers everyone, that is one more way to die of one request.
#
# `asyncio.shield(task)` works in the other direction: a request that is
# cancelled does not take down a task that others wait for, too.
#
# ## Being cancelled
#
# Cancellation is a *request*. It is delivered as `CancelledError` at the next
# `await`. This coroutine needs a second, and answers that request in its own
# way:


# %%
async def stubborn():
    for _ in range(10):
        try:
            await asyncio.sleep(0.1)
        except BaseException:  # noqa: BLE001 - what happens then is the question
            print("not now")


# %%
deaf = predict("07 deaf")

# %%
started, timed_out = time.perf_counter(), False
try:
    async with asyncio.timeout(0.2):
        await stubborn()
except TimeoutError:
    timed_out = True
took_s = time.perf_counter() - started

# %%
deaf.reveal(took_s, timed_out)

# %% [markdown]
# Clean up in `finally`. Or catch `CancelledError`, clean up *fast*, and raise
# it again.
#
# One case needs care. A `CancelledError` that comes out of something you await
# may mean that *you* are cancelled, or that *it* was.
# `asyncio.current_task().cancelling()` counts the requests to cancel you. If
# the count is 0, the other one was cancelled, and for you that is an error like
# any other.
#
# ## On every path
#
# A task that fails, is cancelled, or times out leaves its block early. Whatever
# it had borrowed must go back on that path as well. The directory of *orphan*
# has eight sessions. Send it one malformed request and look at its metrics:

# %%
from course.outage import Fleet

with Fleet(orphaned, replicas=1) as leaky:
    leaky.send(http_request(b"{"), timeout_s=0.3)
    metrics = leaky.send(http_request(None, path="/metrics")).text
    for line in metrics.splitlines():
        if line.startswith("directory_sessions_open"):
            print(line, "with no request under way")

# %% [markdown]
# `session.close()` stands after the line that failed, so it never ran. Eight
# such failures close the directory to everybody, if the dispatcher lives that
# long. Three forms cannot forget; choose by taste:


# %%
from contextlib import ExitStack, closing


class Lamp:
    def __init__(self, name):
        self.name = name
        print(f"{name} on", end=", ")

    def close(self):
        print(f"{self.name} off", end=", ")


def by_finally():
    lamp = Lamp("first")
    try:
        raise ValueError
    finally:
        lamp.close()


def by_with():
    with closing(Lamp("second")):
        raise ValueError


def by_stack():
    with ExitStack() as stack:  # for a number that is known only later
        for name in ("third", "fourth"):
            stack.enter_context(closing(Lamp(name)))
        raise ValueError


# %%
for function in (by_finally, by_with, by_stack):
    try:
        function()
    except ValueError:
        print("and the error comes out")

# %% [markdown]
# `AsyncExitStack` does the same for what must be awaited.
#
# ## Noticed when dead
#
# If you keep a long-lived worker, somebody must notice when it ends. In order
# of preference:
#
# 1. There is no worker that could end: each piece of work has its own task.
# 2. The worker's owner restarts it, within a bound.
# 3. Readiness says 503, so that traffic goes elsewhere and somebody is told.
# 4. The process ends, so that it is restarted.
#
# June's "fail fast" was the last one, applied to a failure of one request.
#
# ## Recall

# %%
from course.panel import recall

recall("07")

# %% [markdown]
# ## Take home
#
# - Every task has an owner that learns of its end. `create_task` alone is no
#   owner.
# - A task group is for parts of one piece of work. Different users are not
#   that.
# - Bound every wait; let cancellation through; close in `finally` or `with`.
# - A health check that does not use the thing says nothing about the thing.
#
# **Next:** [exercise 07 · Async](../../exercises/07_async/07_async.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README. The release *orphan* is this course's own sequel.
# - Python documentation, "Coroutines and Tasks": task groups, time-outs,
#   shielding, task cancellation; `Task.cancelling`.
# - N. J. Smith, "Notes on structured concurrency, or: Go statement considered
#   harmful", 2018: why a task wants an owner.
