# %% [markdown]
# # Exercise 02 · Read the crash
#
# **5 June 2024, 14:05 UTC.** The log is open, and it is long. You say what an
# exception will do before it does it. Then you find the one that matters among
# all those that follow from it.
#
# *About 25 minutes, after [lesson 02](../../course/notebooks/02_crash.ipynb).*
#
# Afterwards you can
#
# - predict whether an exception is survived, becomes a 500, ends the process,
#   or hangs,
# - find the frame where an exception was raised and the frame that should have
#   stopped it,
# - find the root cause in chains and groups of exceptions.

# %% [markdown]
# ## Ten ways
#
# The release *raises* is the orders API with routes that raise. Lesson 02 ran
# seven of them. Here are ten others to read:

# %%
from course.outage import Fleet, Release

print(Release.named("raises").source("raises.py", since="async def region"))

# %% [markdown]
# Say what becomes of each, with the first of these words that applies:
#
# | word | true if |
# |---|---|
# | `"exit"` | the process ends |
# | `"hang"` | the client never gets an answer |
# | `"500"` | the client gets a 500 |
# | `"survive"` | the client gets its answer as if nothing had happened |
#
# Return a dict from the name of each way, such as `"dependency"`, to its word.
# Decide all ten before you try any. Ask of each: *which task does the exception
# end, and who waits for that task?*
#
# Each cell is judged on its own, without the package `course`.


# %% nbgrader={"grade_id": "fates", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def fates():
    """What becomes of each way to raise: exit, hang, 500 or survive."""
    ### BEGIN SOLUTION
    return {
        "dependency": "500",
        "gather": "survive",
        "thread": "survive",
        "callback": "survive",
        "background_exit": "survive",
        "orphan_exit": "exit",
        "group_exit": "exit",
        "cancelled": "500",
        "swallowed": "hang",
        "abort": "exit",
    }
    ### END SOLUTION


# %% [markdown]
# To try one, send it to a replica of your own. (The check below does that with
# all ten.)

# %%
from course.outage.requests import http_request
from course.panel import show_traceback

with Fleet(Release.named("raises"), replicas=1) as fleet:
    print(fleet.send(http_request(None, path="/raise/dependency")))
    print(fleet.telemetry.exits() or "The process lives.")

# %% [markdown]
# ## June's crash
#
# Now the real thing: June's release, one replica, one malformed request. What
# it leaves behind does not show which request it was.

# %%
with Fleet(Release.named("bad"), replicas=1) as fleet:
    fleet.send(http_request(b'["eu-west", 3]'))
    fleet.telemetry.wait_for(lambda t: bool(t.exits()), within_s=5)
    lines = [e.record for e in fleet.telemetry.log_entries()]
words = [line["event"] for line in lines if "level" not in line]
show_traceback("\n".join(words))

# %% [markdown]
# Read the traceback above and return a dict of what you found, each as a name:
#
# - `"exception"`: the type of the exception that started it all,
# - `"origin"`: the function that raised it,
# - `"boundary"`: the function that works for *all* requests, called the origin
#   for *one* of them, and let its exception pass,
# - `"end"`: the service's function that waited for the task group and passed
#   the group on.


# %% nbgrader={"grade_id": "june_crash", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def june_crash():
    """What the traceback of June's crash says, each as the name of a type or function."""
    ### BEGIN SOLUTION
    return {
        "exception": "TypeError",
        "origin": "resolve",
        "boundary": "dispatch",
        "end": "serve",
    }
    ### END SOLUTION


# %% [markdown]
# ## The root cause
#
# You found the cause by eye. Now write the function that does it: from an
# exception back to the one that started it.
#
# 1. An exception raised `from` another leads to that one: its `__cause__`.
# 2. One that was raised while another was being handled leads to that one, its
#    `__context__`, unless it was raised `from None`, which sets
#    `__suppress_context__`.
# 3. A group leads to the first of its `exceptions` that is not a cancellation
#    (`asyncio.CancelledError`); if all are cancellations, to the first.
# 4. Where nothing leads on, you have arrived.
#
# Rule 1 comes before the others. For a group with a context, use rule 2 or rule 3.
#
# Chains get long under load, some longer than Python's recursion limit. A chain
# may also come back to where it was: stop at an exception that you have met
# before.

# %% nbgrader={"grade_id": "root_cause", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import asyncio


def root_cause(exc):
    """The exception that `exc`, a chain or group of exceptions, started with."""
    ### BEGIN SOLUTION
    seen = set()
    following = exc
    while following is not None and id(following) not in seen:
        exc = following
        seen.add(id(exc))
        if exc.__cause__ is not None:
            following = exc.__cause__
        elif isinstance(exc, BaseExceptionGroup):
            failed = [
                e for e in exc.exceptions if not isinstance(e, asyncio.CancelledError)
            ]
            following = (failed or exc.exceptions)[0]
        elif not exc.__suppress_context__:
            following = exc.__context__
        else:
            following = None
    return exc
    ### END SOLUTION


# %%
from concurrent.futures import ThreadPoolExecutor


# Try it: what a dispatcher's end looks like to the code around it.
async def dispatcher():
    await asyncio.sleep(0)
    {}["region"]


async def server():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(dispatcher())
        await asyncio.sleep(60)


with ThreadPoolExecutor(1) as pool:  # this notebook's own event loop runs already
    group = pool.submit(asyncio.run, server()).exception()
print("what arrives:", repr(group))
print("root cause:  ", repr(root_cause(group)))

# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_crash", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("02", fates, june_crash, root_cause)

# %% [markdown]
# **Next:**
# [lesson 03 · The wrong hypothesis](../../course/notebooks/03_hypothesis.ipynb).
