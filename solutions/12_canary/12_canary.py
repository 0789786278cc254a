# %% [markdown]
# # Exercise 12 · Canary
#
# **September, follow-up 5:** "a new release meets a few servers before it meets
# all". You write the three decisions of a rollout: who is in the slice, how
# long it is watched, and what the gate says.
#
# *About 35 minutes, after [lesson 12](../../course/notebooks/12_canary.ipynb).*
#
# Afterwards you can
#
# - give a release to a slice of the users, always the same ones,
# - say how long a slice must be watched before its silence means something,
# - compare canary with control, and decide: promote, roll back or wait.

# %% [markdown]
# ## Your turn: who is in the slice
#
# `in_canary(user, release, weight)` says whether a user gets a release. `user`
# is an id, as text. `release` is a name. `weight` is the share of users that
# the release has: from 0 to 1, in steps of a thousandth.
#
# 1. **The same answer everywhere**: in each process, on each server, today and
#    tomorrow, no matter who else is asked about.
# 2. **The slice only grows**: whoever is in it at 5% is in it at 25%. At 0
#    nobody is, at 1 everybody.
# 3. **Its size is right**: of many users, the share `weight`, give or take
#    chance. At 0.005 that is half a percent.
# 4. **Other users for another release**, as if drawn anew: of the quarter that
#    has one release, about a quarter has another one.

# %% nbgrader={"grade_id": "in_canary", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import hashlib


def in_canary(user, release, weight):
    """Whether `user` gets `release` while it has the share `weight` of the users."""
    ### BEGIN SOLUTION
    digest = hashlib.sha256(f"{release}\n{user}".encode()).digest()
    lot = int.from_bytes(digest[:8], "big") / 2**64
    return lot < weight
    ### END SOLUTION


# %%
users = [f"user-{n}" for n in range(1000)]
print([sum(bool(in_canary(u, "june", w)) for u in users) for w in (0, 0.05, 0.25, 1)])

# %% [markdown]
# ## Your turn: how long
#
# Each request pulls a release's trigger with probability `share`, independently
# of the others. `bake_requests(share, certainty)` is the smallest whole number
# of requests after which, with a probability of at least `certainty`, at least
# one has pulled it:
#
# - one in two, 75% certain: 2;
# - one in a hundred, 95% certain: 299 (the rule of three says 300);
# - every request: 1.
#
# `share` is at least one in ten thousand and at most 1. `certainty` lies
# between 0 and 1.

# %% nbgrader={"grade_id": "bake_requests", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import math


def bake_requests(share, certainty):
    """How many requests it takes to pull a trigger of that share, with that certainty."""
    ### BEGIN SOLUTION
    if share == 1:
        return 1
    # log1p keeps its digits where the share is tiny.
    requests = math.log1p(-certainty) / math.log1p(-share)
    # 1 - (1 - 1/2)² is 75% exactly; rounding must not make that 3 requests.
    return max(1, math.ceil(requests - 1e-9))
    ### END SOLUTION


# %%
for share, certainty in ((0.5, 0.75), (0.01, 0.95), (0.001, 0.95), (1, 0.9)):
    print(f"one in {1 / share:.0f}, {certainty:.0%}:", bake_requests(share, certainty))

# %% [markdown]
# ## Your turn: the gate
#
# The rollout asks `gate(control, canary)` at every look, with the counts since
# it began: `{"requests": 950, "failed": 4}` for each arm. The gate returns
# `"promote"`, `"roll back"` or `"wait"`. The first two end the rollout.
#
# The canary gets 5% or 10% of the traffic, which is about ten requests a look,
# sometimes none. If the gate still waits after 60 looks, the release is rolled
# back. Expect these:
#
# - **bad releases** fail every request, one in five, or one in ten, *on top* of
#   what control fails. Some are fine until a request of a rare kind arrives,
#   one in fifty. From then on they fail everything, as June's did;
# - **good releases** fail as often as control does. That may be 0.2% or 2%. It
#   may be 30% for a while, when something that both depend on is in trouble.
#
# Some cases are plain, whatever your limits are:
#
# 1. **An arm without a request**, either of them: wait.
# 2. **A single failure among the first requests**, four at most: wait.
# 3. **Too few requests to be 99% certain** that one in fifty has come, and
#    failures as often as at control, or none: wait. `bake_requests` says how
#    many are too few. (Each cell is judged by itself, so work it out, or copy
#    the formula.)
# 4. **Every request fails, or three in four, or 100 of 500, at the canary
#    alone**, with 60 requests or more: roll back.
# 5. **After 500 requests, failures as often as at control**, be it never or
#    30%: promote.
#
# The check plays 200 rollouts, 100 of each, the same ones for everybody. The
# last rollout is a real one, of June's release, which must not be promoted and
# goes back within 50 looks. (There the canary gets 30% of the traffic.) The
# check wants
#
# | | |
# |---|---|
# | bad releases that are promoted | at most 3 of 100 |
# | good releases that are rolled back | at most 5 of 100 |
# | requests that fail at the canary, per bad release that went back | at most 40 on average, of at least 60 releases |

# %% nbgrader={"grade_id": "gate", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import math


def gate(control, canary):
    """What happens to the rollout: "promote", "roll back" or "wait"."""
    ### BEGIN SOLUTION
    bake, bar, least, margin = 230, 4, 5, 0.05
    n, m = canary["requests"], control["requests"]
    if not n or not m:
        return "wait"
    more = canary["failed"] / n - control["failed"] / m
    # What the difference varies by if both fail equally often. One failure among two
    # requests is added: after few requests nothing is certain.
    pooled = (canary["failed"] + control["failed"] + 1) / (n + m + 2)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    if canary["failed"] >= least and more > bar * spread:
        return "roll back"
    # Silence counts after so many requests, and only if it could not be chance.
    if n >= bake and more + spread < margin:
        return "promote"
    return "wait"
    ### END SOLUTION


# %%
quiet = {"requests": 4000, "failed": 12}
for canary in ((3, 1), (40, 40), (250, 1), (250, 50)):
    print(canary, gate(quiet, dict(zip(("requests", "failed"), canary, strict=True))))

# %% [markdown]
# ## Check it
#
# The check computes 200 rollouts in a few seconds. The real one takes a little
# longer: it runs two fleets, with June's release at the canary.

# %% nbgrader={"grade_id": "check_canary", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("12", in_canary, bake_requests, gate)

# %% [markdown]
# ## Try it by hand
#
# Here are forty rollouts of each sort, drawn as in the check: what your gate
# promotes, and what each costs until the gate decides.

# %%
import random

from course.outage.incident.rollout import SimulatedRollout

SORTS = {
    "as good as control": {},
    "the database in trouble": {"trouble": (8, 60), "trouble_share": 0.3},
    "fails every request": {"extra": 1.0},
    "fails one in ten more": {"extra": 0.1},
    "deadly, one request in fifty": {"extra": 1.0, "trigger": 50},
}
for sort, told in SORTS.items():
    drawn = SimulatedRollout(sort, rate=200, weight=0.05, base=0.01, **told)
    ends = [drawn.decided(gate, random.Random(seed), looks=60) for seed in range(40)]
    promoted = sum(end.decision == "promote" for end in ends)
    failed = sum(end.canary.failed for end in ends) / len(ends)
    looks = sum(end.number for end in ends) / len(ends)
    print(
        f"{sort:28} promoted: {promoted:2} of {len(ends)}, after {looks:2.0f} looks,"
        f" {failed:4.1f} failed at the canary"
    )

# %% [markdown]
# **Next:** [lesson 13 · Game day](../../course/notebooks/13_game_day.ipynb).
