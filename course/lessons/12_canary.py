# %% [markdown]
# # 12 · Canary
#
# **September, follow-up 5:** "a new release meets a few servers before it meets
# all". Tests and reviews find what somebody has thought of. Production finds
# the rest, and the only question is how many users it takes.
#
# *About 25 minutes. Then [exercise
# 12](../../exercises/12_canary/12_canary.ipynb), another 35.*
#
# Afterwards you can
#
# - give a release to a slice of the users, always the same ones,
# - say how long a slice must be watched before its silence means something,
# - compare canary with control, and decide: promote, roll back or wait.
#
# Keep two questions in mind: *compared with what*, and *after how many
# requests*?

# %% [markdown]
# ## June, twice
#
# First as it was. Two replicas serve 80 requests a second, and one in forty is
# malformed: often enough to see something in twelve seconds. June's release
# runs on both replicas.

# %%
from course.outage import Release
from course.outage.incident.rollout import Arm
from course.outage.traffic.load import Load
from course.panel import Stage

good, june = Release.named("good"), Release.named("bad")
LOAD = Load(rate=80, malformed=1 / 40, seed=9)

stage = Stage("12")
with stage.run("for everybody", june, Load(rate=80)) as everybody:
    everybody.fleet.start_traffic(LOAD)
    everybody.watch(12, "June's release, for everybody")
stage.close()
before = Arm.of(everybody.telemetry, everybody["began"])
print(f"{before.failed} of {before.requests} requests failed")

# %% [markdown]
# Now the same release and the same requests, with a *canary*: a second fleet
# beside the one in service. Nine requests in ten stay with the good release,
# which is called *control*. One in ten goes to June's. Once a second, a *gate*
# compares the two and decides what happens next. This gate rolls back once five
# requests have failed at the canary and its share of failures is 20 points
# above control's.

# %%
from course.panel import predict

hurt = predict("12 hurt")

# %%
from course.panel.canary import arms, behind_a_canary


def first_gate(control, canary):
    """Control and canary since the rollout began, as {"requests": …, "failed": …}."""
    if not control["requests"] or not canary["requests"]:
        return "wait"
    share = canary["failed"] / canary["requests"]
    usual = control["failed"] / control["requests"]
    if canary["failed"] >= 5 and share > usual + 0.2:
        return "roll back"
    return "wait"


rollout = behind_a_canary(stage, "control", june, LOAD, first_gate)

# %%
hurt.reveal(everybody, rollout)

# %%
from course.panel import goodput

goodput("June's release", everybody, rollout)

# %% [markdown]
# Two notes on these numbers. Control fails requests, too, because the good
# release answers each malformed one with a 500. And a request stays on one side
# with all its retries. If a retry could cross over, the canary's victims would
# be counted in control, and the poison would arrive there.
#
# ## Compared with what
#
# A dashboard shows the error rate of the whole service. Here are the counts at
# the moment the gate decided, with the line that the dashboard would have
# shown:

# %%
control, canary = arms(rollout)
whole = Arm(control.requests + canary.requests, control.failed + canary.failed)
print(f"canary  {canary.share:6.1%}   of {canary.requests:5} requests")
print(f"control {control.share:6.1%}   of {control.requests:5}")
print(f"whole   {whole.share:6.1%}   of {whole.requests:5}")

# %% [markdown]
# A canary is small on purpose, so it barely moves the whole. With the weight
# *w*, the whole shows w · canary + (1 − w) · control. Give 5% of the traffic to
# a release that fails one request in five, and the whole moves by a single
# point (the example is from the Site Reliability Workbook). The noise of any
# afternoon hides that. **Never watch the whole.** Watch the canary, and compare
# it with control at the same time: both get the same users, the same hour, and
# the same slow database.
#
# Why not set a limit, such as "above 5%, back it goes"? Because control may be
# above it, too. In this rollout the release is fine, but a database is in
# trouble from the tenth look on, and one request in ten fails *whichever*
# release serves it.
#
# These counts are *drawn*, not measured. A rollout takes half an hour, and
# judging a gate takes hundreds of them. `SimulatedRollout` says how often
# requests fail, and throws the dice.

# %%
import itertools
import random

from course.outage.incident.rollout import SimulatedRollout

shared_trouble = SimulatedRollout(
    "trouble in the database",
    rate=200,
    weight=0.05,
    base=0.01,
    trouble=(10, 60),
    trouble_share=0.1,
)
looks = itertools.islice(shared_trouble.looks(random.Random(3)), 30)
for number, (c, k) in enumerate(looks, start=1):
    if number in (5, 9, 15, 20, 30):
        print(f"look {number:2}: control {c.share:5.1%}, canary {k.share:5.1%}")

# %% [markdown]
# ## How much more is more
#
# So compare. Statistics offers a test for two shares, and a habit: a difference
# that chance brings once in twenty times is taken for real. Here are 400
# rollouts of a release that is *as good as control*. The gate makes that test
# at each look, and promotes after about sixty of them.

# %%
wolf = predict("12 wolf")

# %%
import math


def spread(control, canary):
    """How far chance alone moves the difference of both shares (a standard error)."""
    n, m = canary["requests"], control["requests"]
    # One failure more among two requests more: nothing is certain after few requests.
    pooled = (canary["failed"] + control["failed"] + 1) / (n + m + 2)
    return math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))


def difference(control, canary):
    share = canary["failed"] / canary["requests"]
    return share - control["failed"] / control["requests"]


def nervous(control, canary):
    if not control["requests"] or not canary["requests"]:
        return "wait"
    if difference(control, canary) > 1.64 * spread(control, canary):
        return "roll back"
    return "promote" if canary["requests"] > 590 else "wait"


fine = SimulatedRollout("as good as control", rate=200, weight=0.05, base=0.01)
rng = random.Random(12)
ends = [fine.decided(nervous, rng, looks=70) for _ in range(400)]

# %%
wolf.reveal(ends)

# %% [markdown]
# A gate has two settings of yours: how high the bar is, and how many failures
# it needs at the least. Say, roll back when the difference is **four** times
# what chance moves it by, and at least **five** requests have failed. A dead
# release clears that bar at the first look or the second. A release that is a
# little worse takes longer, and hurts fewer users while it does. This is what
# the bar costs:

# %%
from dataclasses import replace


def with_bar(times, least, bake=590):
    def gate(control, canary):
        if not control["requests"] or not canary["requests"]:
            return "wait"
        over = difference(control, canary) > times * spread(control, canary)
        if canary["failed"] >= least and over:
            return "roll back"
        return "promote" if canary["requests"] > bake else "wait"

    return gate


def of_400(drawn, gate):
    return [drawn.decided(gate, rng, looks=70) for _ in range(400)]


def hurt_by(drawn, gate):
    """Requests that fail at the canary of one such rollout, on average."""
    return sum(end.canary.failed for end in of_400(drawn, gate)) / 400


# %%
dead, worse = replace(fine, extra=1.0), replace(fine, extra=0.1)
print("bar       good, rolled back   dead: hurt   one in ten fails: hurt")
for times, least in ((1.64, 1), (3, 3), (4, 5), (8, 10)):
    gate = with_bar(times, least)
    wrong = sum(end.decision == "roll back" for end in of_400(fine, gate)) / 400
    print(
        f"{times:4} / {least:<2} {wrong:14.1%} {hurt_by(dead, gate):16.1f}"
        f" {hurt_by(worse, gate):16.1f}"
    )

# %% [markdown]
# ## After how many requests
#
# Here is June's release again, behind the first gate, with the same share of
# malformed requests. Only the dice have changed. After ten looks the rollout
# ends.

# %%
unseen = predict("12 unseen")

# %%
OTHER_LOAD = Load(rate=80, malformed=1 / 40, seed=3)
calm = behind_a_canary(stage, "calm", june, OTHER_LOAD, first_gate, looks=10)

# %%
unseen.reveal(calm)

# %%
from course.outage.incident.rollout import split

_, to_canary = split(OTHER_LOAD, 0.1)
first = next(due for due, kind, _ in to_canary.plan() if kind)
print(f"The first malformed request of this slice is due at second {first:.0f}.")

# %% [markdown]
# If each request pulls the trigger with probability *p*, then *n* requests miss
# it with probability (1 − p)ⁿ:

# %%
for p in (1 / 40, 1 / 100, 1 / 1000):
    missed = "  ".join(f"{n}: {(1 - p) ** n:6.1%}" for n in (50, 100, 300, 1000))
    print(f"one in {1 / p:4.0f}   missed after   {missed}")

# %% [markdown]
# To be 95% certain that you would have seen it, you need about 3/p requests
# (the *rule of three*). So the time that a canary *bakes* is a number of
# requests, and it follows from the rarest trigger that you want to catch. "Ten
# minutes" says nothing: at night that is a different number than at noon.
#
# **Your turn.** One request in 200 ends the process. Of 400 such releases, at
# most one in twenty may be promoted. How long does `bake` have to be? Find it
# with the formula first, then by trying.

# %%
bake = 100

deadly = replace(dead, trigger=200)
ends_of_deadly = of_400(deadly, with_bar(4, 5, bake))
promoted = sum(end.decision == "promote" for end in ends_of_deadly)
print(
    f"bake {bake}: of 400 deadly releases {promoted} were promoted: {promoted / 400:.0%}"
)

# %% [markdown]
# The formula also says what a canary cannot see. It misses what happens once a
# day, what comes with the size of the whole (a full disk, one leaked connection
# an hour), and what damages data now and fails later. It also misses whatever
# both arms share. A canary that locks the database takes control down with it,
# and the comparison calls them equal.
#
# ## Who is in the slice
#
# Throwing dice for each request is easy, and wrong. With twenty requests a
# session and a weight of 5%, nearly two users in three meet the canary at least
# once. Each of them sees an API that changes from click to click. So draw the
# *user*, once:
#
# - **The same answer everywhere**, on each server and after a restart, without
#   asking anybody: a hash of the user's id.
# - **The slice only grows.** Whoever has the release at 5% has it at 25%.
# - **Other users for another release**, or the same few people get every bad
#   one.
#
# A hash does all three. Python's own `hash()` is the wrong one. Here is the
# hash of one user, in three processes:

# %%
from course.panel.tools import python

for _ in range(3):
    print(python("print(hash('user-4711') % 100)"))

# %% [markdown]
# Python hashes text with a salt that each process draws at its start, to
# protect itself from clients who would choose colliding keys. So two servers
# disagree on who is in the slice. `hashlib` knows no salt.
#
# ## Back
#
# A canary is worth as much as the way back from it. Three rules:
#
# - **Undecided is no.** A release that the gate has not promoted by its last
#   look goes back. So does a release whose gate cannot be asked. A rollout
#   fails *closed*.
# - **The way back is open beforehand.** If a release changes the data so that
#   the one before it cannot read them, there is no way back. Change the schema
#   first, in a release of its own, and in a way that both can live with.
# - **The same goes for everything that changes behavior**: configuration,
#   rules, models, feature flags. What CrowdStrike shipped on 19 July 2024 was
#   not code but a content file, and it went to all machines at once. What took
#   Google Cloud down on 12 June 2025 was a policy with blank fields, replicated
#   around the world in seconds.
#
# ## Recall

# %%
from course.panel import recall

recall("12")

# %% [markdown]
# ## Take home
#
# - The slice decides who is hurt. The comparison decides for how long.
# - Compare the canary with control, never with the whole, never with a fixed
#   limit.
# - Few requests prove little in either direction. Set a bar for going back, and
#   a number of requests for going on.
# - Undecided goes back.
#
# **Next:** [exercise 12 · Canary](../../exercises/12_canary/12_canary.ipynb).
#
# ## Sources
#
# - The facts of the incident: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - B. Beyer et al., *The Site Reliability Workbook*, chapter 16, "Canarying
#   Releases": control and canary, the 5% that moves the whole by 1%.
# - E. Miller, "How Not to Run an A/B Test", 2010: what looking again and again
#   does to a test.
# - J. Hanley and A. Lippman-Hand, "If Nothing Goes Wrong, Is Everything All
#   Right?", JAMA 249, 1983: the rule of three.
# - Python's documentation of `object.__hash__` and PYTHONHASHSEED.
# - CrowdStrike, "External Technical Root Cause Analysis: Channel File 291", 6
#   August 2024. Google Cloud, incident report of 12 June 2025 (Service
#   Control).
