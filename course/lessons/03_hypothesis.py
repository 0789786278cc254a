# %% [markdown]
# # 03 · The wrong hypothesis
#
# **5 June 2024, 14:15 UTC.** Most errors in the log name a database query.
# Somebody says "it is the database", and everybody is relieved to have
# something to do. The next ten minutes go into that sentence.
#
# *About 20 minutes, then
# [exercise 03](../../exercises/03_hypothesis/03_hypothesis.ipynb) with 25
# more.*
#
# Afterwards you can
#
# - say which evidence refutes a hypothesis, and get it from data,
# - order tests by what they cost and what they can refute,
# - find the suspect that goes with the deaths, not one that was there by
#   chance.
#
# Keep two questions in mind: *what would I see if I were wrong?* And *what does
# it cost to look?*

# %% [markdown]
# ## The incident, once more
#
# Six seconds of the good release, for comparison. Then June's. This time 3% of
# requests are malformed instead of 1%, because you will count them and want
# enough to count.

# %%
from course.outage import Release
from course.outage.traffic.load import Load
from course.panel import Stage

good, bad = Release.named("good"), Release.named("bad")
stage = Stage("03")
with stage.run("incident", good, Load(rate=60, seed=8)) as incident:
    incident.watch(6, "The good release")
    incident.fleet.deploy(bad)
    incident.mark("poisoned")
    incident.fleet.start_traffic(Load(rate=60, malformed=0.03, seed=9))
    incident.watch(18, "June's release, 3% malformed")
stage.close()

# %% [markdown]
# At the incident desk you can ask for anything that a dashboard or a log query
# would tell you. As in life, each question costs minutes. June's engineers
# asked these two first:

# %%
from course.outage.incident.desk import QUESTIONS, Desk

outage_began = incident["poisoned"]
desk = Desk(incident.telemetry, since=outage_began)
print(desk.ask("outcomes"))
print(desk.ask("last lines"))

# %% [markdown]
# In June, the last lines were cancellations and closed connections. Just above
# nearly each of them stood the name of a database query, as module 02 has
# shown. It looked like the database. Before you call its owners:

# %%
from course.panel import predict

asked = predict("03 asked")

# %% [markdown]
# ## What would prove it wrong?
#
# A hypothesis is worth something if it forbids something. Next to each one,
# write what you would *not* see if it were true, and look for exactly that.
# Looking for confirmation is easy and proves nothing: other causes may leave
# the same traces.
#
# | hypothesis | forbids | question |
# |---|---|---|
# | the database is slow or gone | a fast answer to a query of your own | `database probe` |
# | the connection pool is exhausted | free connections at most looks | `pool` |
# | there is too much traffic | as many requests a second as before | `traffic` |
# | a bug in routing ends the processes | processes that die anywhere else | `last words` |
#
# The third column is a test. One clear contradiction is enough to drop a
# hypothesis. No number of agreements is enough to keep it.
#
# ## Cheap tests first
#
# Four tests, four prices. A fifth one, `query log`, tests the first hypothesis
# for four times the price of the probe. You have no time to be thorough in the
# wrong order, so begin with the test that can refute the most per minute.

# %%
for question in sorted(QUESTIONS.values(), key=lambda q: q.minutes):
    print(f"{question.minutes} min  {question.name:16} {question.refutes}")

# %% [markdown]
# ## Asking the database itself

# %%
asked.reveal(incident)

# %%
from course.panel import queries

print(desk.ask("database probe"))
queries("What clients see, and what the database sees", incident)

# %% [markdown]
# The other three, cheapest first:

# %%
for name in ("traffic", "pool", "last words"):
    print(desk.ask(name))
print(
    f"spent: {desk.minutes} minutes, {desk.minutes - desk.minutes_testing} of them on"
    " questions that could refute nothing"
)

# %% [markdown]
# Hold the answers against the table. As many requests as before refute
# overload. Free connections refute an exhausted pool. Deaths anywhere but in
# `resolve` would clear the routing code.
#
# Where processes die is the unusual pattern of 14:25. June's engineers spent
# all ten minutes on the database, because a plausible theory was in the way.

# %% [markdown]
# ## What goes with the deaths?
#
# Which requests bring the processes down? Take a property that requests can
# have, and compare two shares. Of the requests *with* it, how many are followed
# by a death within 0.3 seconds? And of all requests? The first share divided by
# the second is called *lift*. A lift of 1 means that the property has nothing
# to do with the deaths.
#
# You are better off than June's engineers: you know that the requests that kill
# are those that name no backend. So try the method on them first, in the storm
# that you have watched.

# %%
stormy = predict("03 stormy")

# %%
stormy.reveal(incident)

# %%
from course.outage.incident.lift import lifts

for name, lift in lifts(incident.telemetry, since=outage_began).items():
    print(f"{name:16} {lift:4.1f}")

# %% [markdown]
# ## A quiet replica
#
# The same measurement in another place: one replica, little traffic, no
# retries, and restarts without delay. On a real system you would take one
# server out of the rotation and send it a copy of some of the traffic.

# %%
one_by_one = predict("03 quiet")

# %%
from course.outage.traffic.retries import Retries

ONE_BY_ONE = Load(rate=20, malformed=0.03, seed=4, retries=Retries(retries=0))
with stage.run("quiet", bad, replicas=1, first_backoff_s=0.0) as quiet:
    quiet.fleet.start_traffic(ONE_BY_ONE)
    quiet.watch(20, "One quiet replica of June's release")
stage.close()

# %%
one_by_one.reveal(quiet)

# %%
for name, lift in lifts(quiet.telemetry, since=0).items():
    print(f"{name:16} {lift:4.1f}")

# %% [markdown]
# Such tables have three traps. A property of *one* request can have any lift by
# chance, so ask how many requests stand behind a figure before you believe it.
# A count is not a share: most deaths follow GETs, because most requests are
# GETs. And a lift is a *suspicion*. To settle it, send that request, alone, and
# watch. Module 04 does.

# %% [markdown]
# ## Recall
#
# Two questions about module 02. Your answers finish the lesson.

# %%
from course.panel import recall

recall("03")

# %% [markdown]
# ## Take home
#
# - Ask of each hypothesis what it forbids, and look there first.
# - Order tests by what they can refute per minute. A refuted hypothesis is
#   progress.
# - A traceback says where code was when it ended, not why it ended.
# - Reproduce on something quiet, where cause and effect keep their order.
#
# **Next:**
# [exercise 03 · The wrong hypothesis](../../exercises/03_hypothesis/03_hypothesis.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - K. Popper, *The Logic of Scientific Discovery* (1959): a theory is tested by
#   attempts to refute it.
# - B. Beyer et al. (eds.), *Site Reliability Engineering*, O'Reilly 2016,
#   chapter 12, "Effective Troubleshooting": hypothesize and test, and the
#   pitfalls on the way.
