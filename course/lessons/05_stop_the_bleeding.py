# %% [markdown]
# # 05 · Stop the bleeding
#
# **5 June 2024, 14:40 UTC.** The line is found: `resolve` raises an exception,
# nothing in the dispatcher handles it, and it ends the process. All users have
# been without the API for 40 minutes. What do you do *first*?
#
# *About 20 minutes, then
# [exercise 05](../../exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb)
# with 25 more.*
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
# | **rollback** | the previous release, and data that it can still read | puts the old code back | the change that you wanted is gone |
# | **block** | a way to recognize the deadly requests at the edge | keeps them away from the code | every kind that you forgot to block |
# | **hotfix** | the line, a fix, a build, the nerve | repairs the code | code written in a hurry |
#
# In June they chose the hotfix. It was written in five minutes and deployed at
# 14:45. Nobody tried a rollback. You will, against the clock: one second stands
# for two minutes.

# %%
from course.panel import predict

back = predict("05 back")

# %%
from course.outage import Release
from course.outage.traffic.load import Load
from course.panel import Stage, show_diff

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
# You can't always roll back. A release that changed the database's schema, or
# that other teams already rely on, may have no way back. Find that out *before*
# you deploy. For the rest of this lesson you take June's way, because it is the
# one that teaches something about exceptions.
#
# ## A hotfix in a hurry
#
# This is the dispatcher's loop. Its last line can raise; the line above waits
# for the next look-up.

# %%
print(bad.source("dispatch.py", since="async def dispatch"))

# %% [markdown]
# The traceback on everybody's screen says `KeyError`. So that is what the first
# hotfix handles:

# %%
one_type = Release.named("hotfix_1")
show_diff(one_type.diff(bad))

# %%
with stage.run("hotfix 1", one_type, WELL_FORMED) as hotfix_1:
    hotfix_1.fleet.start_traffic(POISON)
    hotfix_1.watch(14, "Hotfix 1: except KeyError")

# %%
from course.outage.telemetry.crashes import crashes

died = crashes(hotfix_1.telemetry)
print(f"{len(died)} deaths with hotfix 1:", *{crash.exception for crash in died})

# %% [markdown]
# A hotfix for one exception type leaves fewer kinds of deadly requests, and one
# kind is enough. A crash shows you a single type. Your list from module 04 has
# six.
#
# ## The tempting one
#
# At 14:45 nobody wants to write a list. `except Exception` fits every type on
# it, and a 400 tells the client that its request was wrong:

# %%
catch_all = Release.named("hotfix_2")
show_diff(catch_all.diff(bad))

# %%
with stage.run("hotfix 2", catch_all, WELL_FORMED) as hotfix_2:
    hotfix_2.fleet.start_traffic(POISON)
    hotfix_2.watch(10, "Hotfix 2: except Exception, 400")

# %%
served = hotfix_2.served(since=hotfix_2["began"])
print(
    f"{served:.1%} of valid requests succeed; {len(hotfix_2.deaths())} processes died"
)

# %% [markdown]
# The chart is calm, and people go home. Two weeks later somebody edits the
# topology and makes a mistake. It is a bug of *ours*: the requests for that
# region are as valid as ever.

# %%
with_bug = Release.named("topology_bug")
show_diff(with_bug.diff(catch_all))

# %%
quiet = predict("05 quiet")

# %%
with stage.run("bug", catch_all, WELL_FORMED) as bug:
    bug.fleet.deploy(with_bug)
    bug.mark("out")
    bug.fleet.start_traffic(POISON)
    bug.watch(12, "Hotfix 2, and a bug in the topology")


# %%
quiet.reveal(bug)

# %% [markdown]
# ## Whose fault is it?
#
# Every handler answers that question, whether its author asked it or not.
#
# - **The client's**: *no* correct server could serve this request. Tell the
#   client (4xx), note it in the log (a warning, no traceback), and go on.
# - **Ours**: a correct server would have served it. Answer 500 and log the
#   traceback, so that somebody looks.
# - **Nobody's**: cancellation, shutdown. These are not errors. Let them pass.
#
# The exception's *type* is all that the handler has to go by. So name the types
# that only a malformed request can cause at this place, and treat everything
# else as ours. When in doubt it is ours: an innocent client that reads "500"
# complains to the right people.

# %% [markdown]
# ## The narrowest handler
#
# Here is another loop that works for many and has the same problem. It reads
# temperatures from a feed. One line of its code can fail because of the feed;
# everything else that fails is our fault.

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
# Look for four things, here and in the exercise:
#
# 1. The `try` holds only the call that can fail for a reason outside.
# 2. The expected failure has its own clause and names its type.
# 3. The unexpected failure is caught too, because this loop works for many and
#    must go on. It is reported as what it is, with a traceback.
# 4. Every way out of the `try` produces a result. Whoever waits for one gets
#    one.
#
# ## What must not be caught
#
# `except Exception` is wide. A wider one looks like a small step:
# `except BaseException`, or a bare `except:`. The difference is what is *not*
# an error: `CancelledError`, which asks a task to end, and `KeyboardInterrupt`
# and `SystemExit`, which ask the process to end. Swallow those, and the process
# does not go when it is told to:

# %%
deaf = Release.named("deaf")
show_diff(deaf.diff(bad))

# %%
stage.close()
for release in (deaf, catch_all):
    with stage.run(f"{release.name}, stopped", release, replicas=1) as alone:
        end = alone.fleet.stop_replica(0)
    how = "had to be killed" if end.killed else f"exit code {end.exit_code}"
    print(f"{release.name:10} told to stop: {how}, after {end.seconds:.1f} s")

# %% [markdown]
# A deployment that meets such a process waits, loses patience and kills it,
# with every request that it had in flight. Python has made `CancelledError` a
# `BaseException` since 3.8, so that `except Exception` lets it through.
#
# ## Restarts
#
# June's servers were "restarted to clear the error state". A process that died
# and came back starts with a fresh memory. One that survived something strange
# may not have one: a lock may still be held, a cache may hold a wrong entry. A
# *rolling* restart clears that, one replica after the other:

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
# - After a deployment, roll back first and understand later, if you can roll
#   back.
# - A crash shows one exception type. Handle every type that the code can raise.
# - `except Exception` → 4xx ends the outage and hides the next bug. Ask whose
#   fault it is.
# - Never swallow `BaseException`. Shutting down is a feature.
#
# **Next:**
# [exercise 05 · Stop the bleeding](../../exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - Python documentation, "Task Cancellation": code should raise CancelledError
#   again once its clean-up is done; a BaseException since Python 3.8.
