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
#
# **Predict.** From the moment the rollback is ordered: when are users served again?

# %%
from course.outage import Fleet, Release
from course.outage.alert import BurnRateAlert
from course.outage.traffic import Load
from course.panel import LiveView, Prediction, recall

back = Prediction(
    "After the order to roll back, over 95% of valid requests succeed within ...",
    ["5 seconds", "20 seconds", "it never gets there: malformed requests go on"],
)
back.show()

# %%
POISON = Load(rate=60, malformed=0.01, seed=12)


def seconds_until_served(fleet, since, within_s=20):
    """How long after `since` the success of a whole second first was over 95%."""
    for step in range(2 * within_s):
        start = since + step / 2
        if (fleet.telemetry.success(start, start + 1) or 0) > 0.95:
            return start + 1 - since
    return float("inf")


fleet = Fleet(Release.named("good"), replicas=2)
fleet.deploy(Release.named("bad"))
fleet.start_traffic(POISON)
view = LiveView(fleet)
view.watch(seconds=8, title="June's release")
ordered = fleet.telemetry.now
fleet.rollback()
view.watch(seconds=7, title="Rolled back")

# %%
took_s = seconds_until_served(fleet, ordered)
back.reveal(
    "a" if took_s <= 5 else "b" if took_s <= 20 else "c", f"It took {took_s:.1f} s."
)

# %% [markdown]
# The good release answers malformed requests with a 500 and lives. A rollback needs no
# understanding, so it could have been ordered at 14:03, as soon as anybody remembered that
# there had been a deployment.
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
    text = "from fastapi import HTTPException\n" + DISPATCH.replace(line, instead)
    return Release.named("bad").replace(name, {"dispatch.py": text})


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
deaths_before = len(fleet.telemetry.exits())
# A deadly request that came before a replica is ready would end the roll-out itself.
fleet.start_traffic(Load(rate=60))
fleet.deploy(one_type)
fleet.start_traffic(POISON)
view.watch(seconds=14, title="Hotfix 1: except KeyError")

# %%
from collections import Counter

from course.outage.crashes import crashes

since = crashes(fleet.telemetry)[deaths_before:]
print(f"{len(since)} deaths since the deployment of hotfix 1:")
print(Counter(crash.exception for crash in since))

# %% [markdown]
# Fewer kinds of deadly requests are left, and one of them is enough. Module 04 had listed
# six types; a crash shows you one.
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
fleet.deploy(catch_all)
view.watch(seconds=10, title="Hotfix 2: except Exception, 400")

# %%
now = fleet.telemetry.now - 1
print(f"{fleet.telemetry.success(now - 5, now):.1%} of valid requests succeed")

# %% [markdown]
# The outage is over, the chart is calm, people go home. Two weeks later somebody edits the
# topology, and makes a mistake: a look-up for one region now raises. It is a bug of *ours*;
# the requests for that region are as valid as ever.
#
# **Predict.** With hotfix 2 in place, what does the error-rate alert say?

# %%
quiet = Prediction(
    "Look-ups of one region in three raise a RuntimeError. The alert ...",
    ["fires within seconds", "fires after a while", "does not fire at all"],
)
quiet.show()

# %%
BUG = """

_resolve = resolve


def resolve(header: bytes) -> Backend:
    backend = _resolve(header)
    if backend.region == "ap-south":
        raise RuntimeError("topology out of step")  # a bug of ours
    return backend
"""
routing = Release.named("good").source("routing.py")
with_bug = catch_all.replace("hotfix 2 + a bug", {"routing.py": routing + BUG})
fleet.deploy(with_bug)
bug_since = fleet.telemetry.now
view.watch(seconds=12, title="Hotfix 2, and a bug in the topology")

# %%
now = fleet.telemetry.now
alert = BurnRateAlert()
burn = alert.burn_rate(fleet.telemetry, now, alert.short_s)
errors = [
    e["record"]
    for e in fleet.telemetry.log_entries()
    if e["t"] > bug_since and e["record"].get("level") in ("error", "critical")
]
served = fleet.telemetry.success(bug_since + 1, now - 1)
quiet.reveal(
    "a" if burn > alert.factor else "c",
    f"Burn rate {burn:.1f}, errors logged: {len(errors)}, valid requests served: {served:.0%}.",
)

# %% [markdown]
# A third of the users gets "400: malformed X-Route header" for a header that is perfect.
# No error is logged, no process dies, no alert fires: a 4xx is the client's fault, and
# nobody is paged for clients. The crash has become a silence. Someone will find it when
# enough customers have called.
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
fleet.close()
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
    with Fleet(release, replicas=1) as alone:
        end = alone.stop_replica(0)
    how = "had to be killed" if end["killed"] else f"exit code {end['exit_code']}"
    print(f"{release.name:10} told to stop: {how}, after {end['seconds']:.1f} s")

# %% [markdown]
# A deployment that meets such a process waits, loses patience and kills it, with all
# requests that it had in flight. In Python, `CancelledError` has been a `BaseException`
# since 3.8 so that `except Exception` lets it through.
#
# ## Restarts
#
# June's servers were "restarted to clear the error state". A process that has died and come
# back has a fresh memory already; one that has survived something strange may not: a lock
# that is still held, a cache with a wrong entry. A *rolling* restart clears that without
# anybody noticing, one replica after the other:

# %%
with Fleet(Release.named("good"), replicas=2) as rolling:
    rolling.start_traffic(Load(rate=60, seed=3))
    rolling.telemetry.wait_for(lambda t: t.now > 1, within_s=5)
    pids = {event["pid"] for event in rolling.telemetry.processes}
    began = rolling.telemetry.now
    rolling.restart()
    ended = rolling.telemetry.now
    rolling.telemetry.wait_for(lambda t: t.now > ended + 1.5, within_s=5)
    fresh = {event["pid"] for event in rolling.telemetry.processes} - pids
    served = rolling.telemetry.success(began, ended)
print(
    f"{len(fresh)} new processes in {ended - began:.1f} s; {served:.1%} served meanwhile"
)

# %% [markdown]
# ## Recall

# %%
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

# %%
from course.panel import lesson_done

lesson_done("05")
