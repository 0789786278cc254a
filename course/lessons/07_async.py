# %% [markdown]
# # 07 · Async
#
# **Some weeks after 5 June.** One of the follow-ups reads "the dispatcher must never again
# take the server down". Somebody has done exactly that.
#
# *About 25 minutes, then [exercise 07](../../exercises/07_async/07_async.ipynb) with 35
# more.*
#
# Afterwards you can
#
# - keep one failed look-up the matter of one request,
# - bound how long anything may take, cancellation and shutdown included,
# - own every task, and close resources on every path.
#
# Two questions to keep in mind: *who owns this task*, and *how long can it take?*

# %% [markdown]
# ## One bad request
#
# The release *orphan* took the dispatcher out of the task group. It runs in a task of its
# own now, started with `create_task` and left alone:

# %%
from course.outage import Fleet, Release
from course.outage.requests import http_request
from course.outage.traffic.load import Load
from course.panel import Prediction, Stage, recall

print(Release.named("orphan").source("dispatch.py", since="async def __aenter__"))

# %% [markdown]
# One replica, valid traffic, and after five seconds *one* malformed request.
#
# **Predict.** What happens to the process, and what does its health check say?

# %%
after = Prediction.named("07 orphan")
after.show()

# %%
stage = Stage("07")
with stage.run(
    "struck", Release.named("orphan"), Load(rate=40, seed=2), replicas=1
) as struck:
    struck.watch(5, "Valid requests alone")
    struck.mark("struck")
    struck.fleet.send(http_request(b"{"), timeout_s=0.1)
    struck.watch(8, "One malformed request later")
    health = struck.fleet.send(http_request(None, path="/healthz"))
    ready = struck.fleet.send(http_request(None, path="/readyz"))
stage.close()


# %%
def what_became_of_it(run):
    since, until = run["struck"] + 0.5, run["ended"] - 1.5
    before, after = run.served(0, run["struck"]), run.served(since, until)
    records = [e.record for e in run.telemetry.log_entries() if e.t > since]
    errors = [r for r in records if r.get("level") not in ("info", None)]
    died = run.deaths()
    key = "a" if died else "b" if after > 0.9 else "c" if health.status == 200 else None
    return key if before > 0.9 else None, (
        f"Served: {before:.0%} before, {after:.0%} after; /healthz: {health.status};"
        f" /readyz: {ready.status}; warnings and errors in the log: {len(errors)};"
        f" deaths: {len(died)}."
    )


after.reveal_from(what_became_of_it, struck)

# %% [markdown]
# ## Who owns the task?
#
# An exception ends the task that it is raised in, and goes to whoever waits for that task
# (module 02). Nobody waits for the dispatcher. Its exception stays in the task object,
# until that is thrown away:

# %%
import asyncio
from concurrent.futures import ThreadPoolExecutor


def run(coroutine):
    """Run `coroutine` to its end, in a thread: the notebook's own loop is busy."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def worker():
    {}["region"]


async def orphan():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0.05)
    print("done:", task.done(), "| exception, if one asks:", repr(task.exception()))


run(orphan())

# %% [markdown]
# Three ways to own a task:
#
# ![Three drawings. June: a task group owns server and dispatcher; when the dispatcher fails,
# the group cancels the server. Orphan: nobody owns the dispatcher; when it fails, nobody is
# told and requests wait. Owned one by one: the dispatcher owns a task for each look-up; when
# one fails, its requests are told and nobody else.](../figures/tasks.svg)
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
# A thread has the same question, and two answers. An exception that ends a `Thread` goes to
# `threading.excepthook`, which prints it; the process lives on without that thread. In an
# executor it is kept in the future, until somebody asks:

# %%
import threading

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
# `pool.map` raises it where its results are read, and `loop.run_in_executor` where it is
# awaited. A future that nobody reads is an orphan with a thread of its own.
#
# ## Stand or fall together
#
# What a task group does is right where the parts make no sense without each other. Watch
# one fail:

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


async def one_page():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(step("order", 0.3))
            group.create_task(step("prices", 0.1, fails=True))
            group.create_task(step("stock", 5.0))
    except* ValueError as failed:
        print("the page cannot be shown:", failed.exceptions)


run(one_page())

# %% [markdown]
# Nobody waits five seconds for the stock of a page that can't be shown. For a page that is
# right. For look-ups of *different users* it is June: one user's bad header cancels
# everybody.
#
# Independent work wants its failures kept apart. Each task's outcome goes to those who
# wait for *it*:


# %%
async def independent():
    tasks = {name: asyncio.create_task(step(name, 0.1, name == "B")) for name in "ABC"}
    for name, task in tasks.items():
        try:
            await task
        except ValueError as exc:
            print(f"{name}'s own user is told: {exc!r}")


run(independent())

# %% [markdown]
# Where nobody awaits a task at once, its owner is an object that keeps it: it learns of
# every end through a done callback, and on closing cancels what still runs and *waits until
# it is gone*. `gather(…, return_exceptions=True)` waits for all of them, however they end.


# %%
class Mailer:
    """Delivers letters in the background; owns every task that it starts."""

    def __init__(self):
        self._tasks = set()

    def send(self, letter, seconds):
        task = asyncio.create_task(self._deliver(letter, seconds))
        self._tasks.add(task)  # or nothing but the event loop refers to it, weakly
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


async def one_day():
    mailer = Mailer()
    mailer.send("to the bank", 0.05)
    mailer.send("", 0.05)
    mailer.send("overseas", 30)
    await asyncio.sleep(0.2)
    await mailer.close()


run(one_day())

# %% [markdown]
# ## Time-outs
#
# Whatever waits for something outside waits for ever one day. `asyncio.timeout` puts a bound
# on a block: when the time is over, it cancels the task *inside* the block and turns that
# cancellation into `TimeoutError` at its edge.


# %%
async def ask(seconds):
    async with asyncio.timeout(0.2):
        await asyncio.sleep(seconds)
        return "an answer"


async def bounded():
    for seconds in (0.1, 10):
        started = time.perf_counter()
        try:
            print(await ask(seconds))
        except TimeoutError:
            print(f"TimeoutError after {time.perf_counter() - started:.1f} s")


run(bounded())

# %% [markdown]
# Mind *what* is inside. If a request times out while it waits for somebody else's task, that
# task goes on, and may come back later with a result for which nobody waits. A future that
# was cancelled does not take a result any more, and says so with an exception, in the task
# of whoever brings it:


# %%
async def too_late():
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


run(too_late())

# %% [markdown]
# In a loop that answers everyone, that is one more way to die of one request.
#
# `asyncio.shield(task)` is for the other direction: a request that is cancelled does not
# take a task with it for which others wait too.
#
# ## Being cancelled
#
# Cancellation is a *request*, delivered as `CancelledError` at the next `await`. A task that
# catches it and goes on has refused. Then nothing can end it in time: no time-out, no
# shutdown.
#
# **Predict.** A time-out of 0.2 s, around code that swallows the cancellation and needs a
# second:

# %%
deaf = Prediction.named("07 deaf")
deaf.show()


# %%
async def stubborn():
    for _ in range(10):
        try:
            await asyncio.sleep(0.1)
        except BaseException:  # noqa: BLE001 - wrong: it takes in the cancellation
            print("not now")


async def try_to_stop():
    started = time.perf_counter()
    timed_out = False
    try:
        async with asyncio.timeout(0.2):
            await stubborn()
    except TimeoutError:
        timed_out = True
    return time.perf_counter() - started, timed_out


took_s, timed_out = run(try_to_stop())
key = "a" if took_s < 0.5 else "c" if timed_out else "b"
deaf.reveal(key, f"It took {took_s:.1f} s; TimeoutError: {timed_out}.")

# %% [markdown]
# So: clean up in `finally`, or catch `CancelledError`, clean up *shortly*, and raise it
# again. There is one case to tell apart. A `CancelledError` that comes out of something you
# await may mean that *you* are cancelled, or that *it* was.
# `asyncio.current_task().cancelling()` counts the requests to cancel you: with 0, it was the
# other one, and for you that is an error like any other.
#
# ## On every path
#
# A task that fails, or is cancelled, or times out leaves its block early. Whatever it had
# borrowed must go back on that path as well. The directory of *orphan* has eight sessions:

# %%
with Fleet(Release.named("orphan"), replicas=1) as leaky:
    leaky.send(http_request(b"{"), timeout_s=0.3)
    metrics = leaky.send(http_request(None, path="/metrics")).text
    lines = [m for m in metrics.splitlines() if m.startswith("directory_sessions_open")]
    print(lines[0], "with no request under way")

# %% [markdown]
# `session.close()` stands after the line that failed, so it never ran. Eight such failures,
# and the directory is closed to everybody, if the dispatcher lives that long. There are
# three forms that cannot forget; which one is a matter of taste:


# %%
from contextlib import AsyncExitStack, closing


class Lamp:
    def __init__(self, name):
        self.name = name
        print(f"{name} on", end=", ")

    def close(self):
        print(f"{self.name} off", end=", ")


async def by_finally():
    lamp = Lamp("first")
    try:
        raise ValueError
    finally:
        lamp.close()


async def by_with():
    with closing(Lamp("second")):
        raise ValueError


async def by_stack():
    async with AsyncExitStack() as stack:  # for a number that is known only later
        for name in ("third", "fourth"):
            stack.enter_context(closing(Lamp(name)))
        raise ValueError


for function in (by_finally, by_with, by_stack):
    try:
        run(function())
    except ValueError:
        print("and the error comes out")

# %% [markdown]
# ## Noticed when dead
#
# Whatever long-lived worker you keep, somebody must notice when it ends. In order of
# preference: there is no worker that could end (a task for each piece of work); its owner
# restarts it, with a bound; readiness says 503, so that traffic goes elsewhere and somebody
# is told; the process ends, so that it is restarted. June's "fail fast" was the last one,
# applied to a failure that was one request's.
#
# ## Recall

# %%
recall("07")

# %% [markdown]
# ## Take home
#
# - Every task has an owner that learns of its end. `create_task` alone is no owner.
# - A task group is for parts of one piece of work. Different users are not.
# - Bound every wait; let cancellation through; close in `finally` or `with`.
# - A health check that does not use the thing says nothing about the thing.
#
# **Next:** [exercise 07 · Async](../../exercises/07_async/07_async.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
#   The release *orphan* is this course's own sequel.
# - Python documentation, "Coroutines and Tasks": task groups, time-outs, shielding, task
#   cancellation; `Task.cancelling`.
# - N. J. Smith, "Notes on structured concurrency, or: Go statement considered harmful",
#   2018: why a task wants an owner.

# %%
from course.panel import lesson_done

lesson_done("07")
