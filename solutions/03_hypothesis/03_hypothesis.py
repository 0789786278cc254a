# %% [markdown]
# # Exercise 03 · The wrong hypothesis
#
# **5 June 2024, 14:15 UTC.** "It is the database." June's engineers spent ten
# minutes on that sentence. You will spend fewer, because you decide first what
# would prove it wrong.
#
# *About 25 minutes, after
# [lesson 03](../../course/notebooks/03_hypothesis.ipynb).*
#
# Afterwards you can
#
# - say which evidence refutes a hypothesis, and get it from data,
# - order tests by what they cost and what they can refute,
# - find the suspect that goes with the deaths, not one that was there by
#   chance.

# %% [markdown]
# ## Your turn: did the database slow down?
#
# Twice a second the course's probe puts a query to the database, past the
# service. A probe is `{"t": second, "ms": milliseconds}`. If the query failed,
# `ms` is None.
#
# Compute how many times slower the **median** query was from second `since` on
# than before. The median, because one probe that ran into a checkpoint must not
# decide. A failed query counts as `TIMEOUT_MS`: a database that does not answer
# is slow, not absent. If one of the two sides has no probe, return `None`. Do
# not round the result.
#
# Each cell is judged on its own, so put everything it needs into it. It may
# import the standard library, but not the package `course`.

# %% nbgrader={"grade_id": "slowdown", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import statistics

TIMEOUT_MS = 5000.0


def slowdown(probes, since):
    """The median query from `since` on, as a multiple of the median before."""
    ### BEGIN SOLUTION
    before, during = [], []
    for probe in probes:
        took = TIMEOUT_MS if probe["ms"] is None else probe["ms"]
        (before if probe["t"] < since else during).append(took)
    if not before or not during:
        return None
    return statistics.median(during) / statistics.median(before)
    ### END SOLUTION


# %%
from course.outage.telemetry.recording import june

told = june()
poisoned = min(t.due for t in told.tries if t.malformed)
probes = [{"t": p.t, "ms": p.ms} for p in told.probes]
before = statistics.median(p["ms"] for p in probes if p["t"] < poisoned)
print(f"{len(probes)} probes in the recorded outage; the median before it: {before} ms")
print("times slower during the outage:", slowdown(probes, poisoned))

# %% [markdown]
# A factor under 2 on a twentieth of a millisecond does not take an API down.
# The hypothesis predicted a slow database, and the database is not slow:
# *refuted*.
#
# ## Your turn: the order of tests
#
# A test is `{"name": …, "minutes": …, "refutes": [hypothesis, …]}`. Plan
# greedily: take the test that can refute the most *open* hypotheses per minute.
# After that, count those hypotheses as no longer open. Go on until no test
# could refute an open one. Of equally good tests take the cheaper one, and of
# equally cheap ones the one that is listed first. Return the names in order.


# %% nbgrader={"grade_id": "plan", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def plan(tests, hypotheses):
    """The names of the tests to run, in order."""
    ### BEGIN SOLUTION
    unrefuted, order, left = set(hypotheses), [], list(tests)
    while True:
        useful = [t for t in left if unrefuted & set(t["refutes"])]
        if not useful:
            return order
        best = max(
            useful,
            key=lambda t: (
                len(unrefuted & set(t["refutes"])) / t["minutes"],
                -t["minutes"],
            ),
        )
        order.append(best["name"])
        left.remove(best)
        unrefuted -= set(best["refutes"])
    ### END SOLUTION


# %%
TESTS = [
    {"name": "restart the database", "minutes": 10, "refutes": ["database", "pool"]},
    {"name": "probe the database", "minutes": 2, "refutes": ["database"]},
    {"name": "look at the pool", "minutes": 2, "refutes": ["pool"]},
]
print(plan(TESTS, ["database", "pool"]))

# %% [markdown]
# ## Your turn: the suspect
#
# A quiet replica with little traffic gives you requests and deaths. A request
# is `{"t": second, "features": [text, …]}`. A death is a second. Both are in
# order of time. A request is *followed by a death* if one happens in
# `(t, t + within_s]`.
#
# The **lift** of a feature is the share of requests with that feature that are
# followed by a death, divided by the same share of all requests. A lift of 1
# says that the feature has nothing to do with deaths. Return the feature with
# the highest lift.
#
# Chance is a strong suspect. A feature that occurs once, right before a death,
# has an enormous lift. Consider only features with at least `at_least`
# requests. If no request at all is followed by a death, or no feature is
# frequent enough, there is no suspect: return None.

# %% nbgrader={"grade_id": "suspect", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
from collections import Counter


def suspect(requests, deaths, within_s, at_least):
    """The feature whose requests are followed by deaths more than any other's."""
    ### BEGIN SOLUTION
    sent, deadly = Counter(), Counter()
    for request in requests:
        followed = any(0 < death - request["t"] <= within_s for death in deaths)
        for feature in set(request["features"]):
            sent[feature] += 1
            deadly[feature] += followed
    frequent = [feature for feature in sent if sent[feature] >= at_least]
    # The share of all requests divides every lift alike, so it does not change the order.
    if not deadly.total() or not frequent:
        return None
    return max(frequent, key=lambda feature: deadly[feature] / sent[feature])
    ### END SOLUTION


# %%
# On a replica of your own: 20 seconds of little traffic, no retries.
import json

from course.outage import Fleet, Release
from course.outage.traffic.retries import Retries
from course.outage.traffic.load import Load
from course.panel import LiveView


def features(raw):
    """What can be said of a request by looking at it."""
    head = raw.partition("\r\n\r\n")[0].split("\r\n")
    header = next((h[len("X-Route: ") :] for h in head if h.startswith("X-Route")), "")
    found = ["method " + head[0].split()[0], f"has a body: {raw.endswith('}')}"]
    try:
        route = json.loads(header)
        backend = (str(route["region"]).lower(), int(route["shard"]))
    except (ValueError, TypeError, KeyError):
        return [*found, "names no backend"]
    return [
        *found,
        f"region {backend[0]}",
        f"shard is a {type(route['shard']).__name__}",
    ]


with Fleet(Release.named("bad"), replicas=1, first_backoff_s=0.0) as quiet:
    view = LiveView(quiet)
    quiet.start_traffic(
        Load(rate=20, malformed=0.03, seed=4, retries=Retries(retries=0))
    )
    view.watch(seconds=20, title="One quiet replica of June's release")
    sent = [{"t": t.due, "features": features(t.raw)} for t in quiet.telemetry.tries]
    deaths = [exit_.t for exit_ in quiet.telemetry.exits()]

print(len(sent), "requests,", len(deaths), "deaths; the suspect:")
print(suspect(sent, deaths, within_s=0.3, at_least=5))

# %% [markdown]
# ## Your turn: the investigation
#
# It is 14:15. You can ask these questions about the incident, each for its
# price:

# %%
from course.outage.incident.desk import QUESTIONS, Desk

for question in QUESTIONS.values():
    refutes = f"can refute: {question.refutes}" if question.refutes else ""
    print(f"{question.name:16} {question.minutes} min  {refutes}")

desk = Desk(told, since=poisoned)
print()
print(desk.ask("traffic"))

# %% [markdown]
# Four hypotheses are open: *database*, *pool*, *overload*, *routing*. Choose
# questions that put each of them to the test, in at most 10 minutes. June's
# engineers spent that much on the first one alone. Return the names of your
# questions in the order in which you would ask them, with no expensive one
# before a cheaper one.


# %% nbgrader={"grade_id": "investigation", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def investigation():
    """The questions to ask from 14:15 on, in order."""
    ### BEGIN SOLUTION
    return [
        "traffic",
        "database probe",
        "pool",
        "last words",
    ]
    ### END SOLUTION


# %%
desk = Desk(told, since=poisoned)
for name in investigation():
    print(desk.ask(name))

# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_hypothesis", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("03", slowdown, plan, suspect, investigation)

# %% [markdown]
# A suspect is not yet a culprit. Things that go together may have a common
# cause. Only an experiment settles it: send that request, and nothing else, and
# see the process die. The next module begins there.
#
# **Next:** [lesson 04 · Find the line](../../course/notebooks/04_line.ipynb).
