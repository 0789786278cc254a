# %% [markdown]
# # 05 · Stop the bleeding
#
# **5 June 2024, 14:40 UTC.** The line is found: an exception of `resolve` passes through
# the dispatcher and ends the process. All users have been without the API for 40 minutes.
# What do you do *first*?
#
# *About 20 minutes, then
# [exercise 05](../../exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb) with 25 more.*
#
# Afterwards you can
#
# - choose between rollback, block and hotfix, and defend the choice,
# - write the narrowest handler that stops an outage,
# - tell an exception that is the client's fault from one that is yours,
# - say which exceptions must never be caught.

# %% [markdown]
# ## Three ways out
#
# | way out | what you need | what it does | what it leaves behind |
# |---|---|---|---|
# | **rollback** | the release before, and that it still fits the data | removes the cause, understood or not | the change that you wanted is gone |
# | **block** | a way to tell the deadly requests at the edge | starves the cause | every kind that you forgot to block |
# | **hotfix** | the line, a fix, a build, the nerve | repairs the cause | code written in a hurry |
#
# June chose the hotfix: written in five minutes, deployed at 14:45. Nobody had tried the
# rollback. Here it is, against the clock. A second stands for two minutes.

# %%
from course.panel import predict

back = predict("05 back")

# %%
from course.outage import Release
from course.outage.traffic.load import Load
from course.panel import Stage

good, bad = Release.named("good"), Release.named("bad")
WELL_FORMED = Load(rate=60, seed=11)
POISON = Load(rate=60, malformed=0.01, seed=12)

stage = Stage("05")
with stage.run("rolled back", bad, WELL_FORMED) as rolled_back:
    rolled_back.fleet.start_traffic(POISON)
    rolled_back.watch(8, "June's release")
    rolled_back.mark("ordered")
    rolled_back.fleet.deploy(good)
    rolled_back.watch(7, "Rolled back")


# %%
back.reveal(rolled_back)

# %% [markdown]
# A rollback needs no understanding, so it could have been ordered at 14:03, as soon as anybody
# remembered that there had been a deployment.
#
# It is not always to be had: a release that has changed the database's schema, or that other
# teams already rely on, may have no way back. Find that out *before* you deploy. Today we
# take June's way, since that is the one with something to learn about exceptions.
#
# ## A hotfix in a hurry
#
# This is the dispatcher. The last line can raise, and the line above it waits:

# %%
DISPATCH = Release.named("bad").source("dispatch.py")
WAITS = "        lookup = await lookups.get()\n"
RAISES = "        lookup.reply.set_result(cached_resolve(lookup.header))\n"
print(DISPATCH)


def hotfix(name, line, instead):
    """June's release with a line of its dispatcher replaced."""
    fixed = Release.named("bad").called(name).edited("dispatch.py", line, instead)
    imports = "from fastapi import HTTPException\n"
    return fixed.replace("dispatch.py", imports + fixed.source("dispatch.py"))


# %% [markdown]
# The crash on everybody's screen says `KeyError`. So that is what the first hotfix handles:

# %%
one_type = hotfix(
    "hotfix 1",
    RAISES,
    """
        try:
            lookup.reply.set_result(cached_resolve(lookup.header))
        except KeyError as exc:  # wrong: one type of several
            lookup.reply.set_exception(exc)
""",
)
with stage.run("hotfix 1", one_type, WELL_FORMED) as hotfix_1:
    hotfix_1.fleet.start_traffic(POISON)
    hotfix_1.watch(14, "Hotfix 1: except KeyError")

# %%

from course.outage.telemetry.crashes import crashes

died = crashes(hotfix_1.telemetry)
print(f"{len(died)} deaths with hotfix 1:", *{crash.exception for crash in died})

# %% [markdown]
# A hotfix for one type leaves fewer kinds of deadly requests, and one of them is enough.
# Module 04 had listed six types; a crash shows you one.
#
# ## The tempting one
#
# At 14:45 nobody wants to make a list. `except Exception` fits all of them, and a 400 tells
# the client that it was wrong:

# %%
catch_all = hotfix(
    "hotfix 2",
    RAISES,
    """
        try:
            lookup.reply.set_result(cached_resolve(lookup.header))
        except Exception:  # wrong: look what else this takes in
            lookup.reply.set_exception(HTTPException(400, "malformed X-Route header"))
""",
)
with stage.run("hotfix 2", catch_all, WELL_FORMED) as hotfix_2:
    hotfix_2.fleet.start_traffic(POISON)
    hotfix_2.watch(10, "Hotfix 2: except Exception, 400")

# %%
served = hotfix_2.served(since=hotfix_2["began"])
print(
    f"{served:.1%} of valid requests succeed; {len(hotfix_2.deaths())} processes died"
)

# %% [markdown]
# Such a chart looks calm, and people go home. Two weeks later somebody edits the topology,
# and makes a mistake: a look-up for one region now raises. It is a bug of *ours*; the
# requests for that region are as valid as ever.

# %%
quiet = predict("05 quiet")

# %%
BUG = """

_resolve = resolve


def resolve(header: bytes) -> Backend:
    backend = _resolve(header)
    if backend.region == "ap-south":
        raise RuntimeError("topology out of step")  # a bug of ours
    return backend
"""
with_bug = catch_all.called("hotfix 2 + a bug").extended("routing.py", BUG)
with stage.run("bug", catch_all, WELL_FORMED) as bug:
    bug.fleet.deploy(with_bug)
    bug.mark("out")
    bug.fleet.start_traffic(POISON)
    bug.watch(12, "Hotfix 2, and a bug in the topology")


# %%
quiet.reveal(bug)

# %% [markdown]
# A 4xx is the client's fault, and nobody is paged for clients. So a handler that turns our
# bugs into 4xx makes a silence of a crash. Someone finds it when enough customers have called.
#
# ## Whose fault is it?
#
# That is the question which a handler answers, whether its author has asked it or not.
#
# - **The client's**: the request can't be served by *any* correct server. Tell the client
#   (4xx), note it (a warning, no traceback), go on.
# - **Ours**: a correct server would have served it. 500, the traceback in the log, somebody
#   is to look.
# - **Nobody's**: cancellation, shutdown. Not an error at all; let it pass.
#
# The exception's *type* is all that the handler has to go by. So name the types that only a
# malformed request can cause at this place, and treat everything else as ours. When in
# doubt it is ours: an innocent client that reads "500" complains to the right people.

# %% [markdown]
# ## The narrowest handler
#
# Another loop that works for many, with the same problem: it reads temperatures from a
# feed. One line can fail because of the feed; everything else that fails is ours.

# %%
import logging

log = logging.getLogger("thermometer")


def celsius(line):
    """The temperature that a line of the feed gives."""
    return (float(line) - 32) * 5 / 9


def read(feed, results):
    """Convert every line of the feed; a result for each, whatever it is like."""
    for line in feed:
        try:
            result = celsius(line)
        except ValueError as exc:
            log.warning("feed.malformed line=%r error=%r", line, exc)
            result = "malformed"
        except Exception:
            log.exception("feed.failed line=%r", line)
            result = "our fault"
        results.append(result)


results = []
read(["50", "fifty", None, "68"], results)
print(results)

# %% [markdown]
# Four things to look for in it, and in the exercise:
#
# 1. The `try` holds the one call that can fail for a reason outside.
# 2. The expected failure has its own clause, with its type by name.
# 3. The unexpected one is caught as well, because this loop works for many and must go on;
#    it is reported as what it is, with a traceback.
# 4. Every way out of the `try` produces a result. Whoever waits for one gets one.
#
# ## What must not be caught
#
# `except Exception` is as wide as it gets. There is a wider one, and it looks like a small
# step: `except BaseException`, or a bare `except:`. The difference is what is *not* an
# error: `CancelledError`, which asks a task to end; `KeyboardInterrupt` and `SystemExit`,
# which ask the process to. Swallow them, and it will not go when it is told to:

# %%
stage.close()
deaf = hotfix(
    "deaf",
    WAITS,
    """
        try:
            lookup = await lookups.get()
        except BaseException:  # wrong: this is how the task is asked to end
            continue
""",
)
for release in (deaf, catch_all):
    with stage.run(f"{release.name}, stopped", release, replicas=1) as alone:
        end = alone.fleet.stop_replica(0)
    how = "had to be killed" if end.killed else f"exit code {end.exit_code}"
    print(f"{release.name:10} told to stop: {how}, after {end.seconds:.1f} s")

# %% [markdown]
# A deployment that meets such a process waits, loses patience and kills it, with all
# requests that it had in flight. In Python, `CancelledError` has been a `BaseException`
# since 3.8 so that `except Exception` lets it through.
#
# ## Restarts
#
# June's servers were "restarted to clear the error state". A process that has died and come
# back has a fresh memory already; one that has survived something strange may not: a lock
# that is still held, a cache with a wrong entry. A *rolling* restart clears that, one replica
# after the other:

# %%
rolling_restart = predict("05 rolling")

# %%
with stage.run("rolling", good, WELL_FORMED) as rolling:
    rolling.fleet.restart()
    rolling.mark("restarted")
    rolling.telemetry.wait(4)
stage.close()


# %%
rolling_restart.reveal(rolling)

# %% [markdown]
# ## Recall

# %%
from course.panel import recall

recall("05")

# %% [markdown]
# ## Take home
#
# - After a deployment, roll back first and understand later, if there is a way back.
# - A crash shows one exception type. Handle the types that the code can raise.
# - `except Exception` → 4xx ends the outage and hides the next bug. Ask whose fault it is.
# - Never swallow `BaseException`. Shutting down is a feature.
#
# **Next:**
# [exercise 05 · Stop the bleeding](../../exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - Python documentation, "Task Cancellation": CancelledError should be raised again once
#   clean-up is done; a BaseException since Python 3.8.
