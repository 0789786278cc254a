# %% [markdown]
# # 01 · The page
#
# **5 June 2024, a few minutes before 14:00 UTC.** You are on call for an orders
# API. A routine deployment is about to go out.
#
# *About 25 minutes, then [exercise 01](../../exercises/01_page/01_page.ipynb)
# with 25 more. Run the cells in order. Some run for up to 30 seconds while
# their chart moves.*
#
# Afterwards you can
#
# - compute availability and burn rate from what clients saw,
# - weigh an outage against a month's error budget,
# - tell a symptom from its cause,
# - write a first incident message that claims no more than you know.
#
# Keep two questions in mind: *how many users are affected?* And *what do I
# know, and what am I guessing?*

# %% [markdown]
# ## A healthy fleet
#
# Two replicas of the API share one port, as they would behind a load balancer.
# They are real processes on your machine; find them with `ps` if you like.
# Clients send 60 requests a second. A client that gets no usable answer within
# a second waits a second and tries again, three times in all.

# %%
from course.outage import Release
from course.outage.traffic.load import Load
from course.panel import Stage

good, bad = Release.named("good"), Release.named("bad")
WELL_FORMED = Load(rate=60, seed=1)

stage = Stage("01")
with stage.run("healthy", good, WELL_FORMED, replicas=2) as healthy:
    for event in healthy.telemetry.processes:
        print(f"replica {event.replica}, process {event.pid}: {event.state}")
    healthy.watch(8, "The good release")
print(f"{healthy.served(since=0):.1%} of requests were served.")

# %% [markdown]
# The plain area is what users get. Failures would be striped, on top of it.
# Requests refused with a 4xx would be dotted. The bars below the plot show the
# life of each replica, and a cross is a death.
#
# ## The deployment
#
# The new release moves route look-ups into a single task with a cache. Two
# people have reviewed it. It goes out one replica at a time: a replica stops,
# starts again with the new release, and takes traffic; then it is the next
# one's turn.

# %%
from course.panel import predict

deployment = predict("01 deployment")

# %%
with stage.run("deployed", good, WELL_FORMED, after=healthy) as deployed:
    deployed.fleet.deploy(bad)
    deployed.watch(8, "The new release is out")

# %%
deployment.reveal(deployed)

# %% [markdown]
# ## One request in a hundred
#
# So far every request was well-formed. The open internet is less polite: a
# client sends the wrong encoding, leaves a field out, misspells a region. From
# the next run on, 1% of requests carry a malformed routing header. The other
# 99% are as before.

# %%
one_percent = predict("01 one percent")

# %%
POISON = Load(rate=60, malformed=0.01, seed=2)
with stage.run("poisoned", bad, WELL_FORMED, after=deployed) as poisoned:
    poisoned.fleet.start_traffic(POISON)
    poisoned.watch(25, "1% of requests are malformed")

# %%
one_percent.reveal(poisoned)

# %% [markdown]
# The traffic goes on while you look around. The figures below come from the
# seconds that you have watched. None of them is rehearsed.
#
# ## How bad is it?
#
# Four signals answer that. Each answers a question of its own.
#
# **Error rate**: what share of all tries fails right now?

# %%
told = poisoned.telemetry
error_rate = told.error_share(told.now - 5, told.now)
print(f"In the last 5 seconds {error_rate:.0%} of tries failed.")

# %% [markdown]
# **Availability**: what share of well-formed requests was served over the
# window that you report on? It depends on the window, so name it. Here it is
# over three windows, which all end now:

# %%
for window in (10, 30, told.now):
    share = poisoned.served(since=told.now - window)
    print(f"over the last {window:3.0f} s: {share:6.1%} available")

# %% [markdown]
# **Burn rate**: how fast are you spending the error budget? An objective of
# 99.9% allows 0.1% of requests to fail. If ten times as many fail, the budget
# burns at rate 10, and a month's budget is gone in three days. Google's *SRE
# Workbook* (chapter 5, "Alerting on SLOs") pages a human at rate 14.4, measured
# over an hour and over five minutes at once. The line above the chart shows the
# same alert, with both windows 120 times shorter.

# %%
from course.outage.telemetry.alert import BurnRateAlert

alert = BurnRateAlert(objective=0.999, factor=14.4)
print(f"burn rate now: {alert.burn_rate(told, told.now, alert.short_s):.0f}")
first = min(t.due for t in told.tries if t.malformed)
if fired := alert.fired(told, since=first):
    print(f"it fired {fired - first:.1f} s after the first malformed request")

# %% [markdown]
# **Restarts**: does the service stay up between failures? A service that is
# slow or answers with errors keeps its processes. One in a crash loop does not.

# %%
for end in poisoned.deaths():
    print(
        f"second {end.t:5.1f}: replica {end.replica}, process {end.pid},"
        f" exit code {end.exit_code}"
    )

# %% [markdown]
# Each line is a process that ended on its own. The supervisor starts a new one,
# after a delay that grows as it does on Kubernetes, and the new one meets the
# same traffic.
#
# ## Say it in one sentence
#
# The first message of an incident says what users feel, since when, and how
# many of them. It names no cause, because you don't know one yet:

# %%
failing = 1 - poisoned.served(since=first)
print(
    f"Orders API: {failing:.0%} of valid requests have been failing for"
    f" {told.now - first:.0f} s; {len(poisoned.deaths())} processes have died and are"
    " being restarted; cause unknown."
)

# %% [markdown]
# ## Symptom or cause?
#
# Sort what you know. You observe *symptoms*. A *cause* explains them, and you
# can test it: change it, and watch the symptoms.
#
# | observed | symptom or cause? |
# |---|---|
# | a high error rate | symptom |
# | processes that end with exit code 1 | symptom: something ends them |
# | a deployment shortly before | neither yet: a coincidence in time, worth a test |
#
# The last row is the strongest lead, because you can test it at once: put the
# old release back and watch. You can roll back without understanding anything,
# which makes a rollback the first thing to consider in any incident that
# follows a deployment. On 5 June nobody tried it. Module 05 asks what that
# cost.

# %%
rollback = predict("01 rollback")

# %%
with stage.run("rolled back", bad, POISON, after=poisoned) as rolled_back:
    rolled_back.fleet.deploy(good)
    rolled_back.mark("restored")
    rolled_back.watch(12, "The old release is back")

# %%
rollback.reveal(rolled_back)

# %% [markdown]
# ## With your own hands
#
# The incident panel shows everything you have measured so far, with the levers
# of an on-call engineer below. It draws by itself, so you can go on running
# cells. Start the traffic, deploy `bad`, and see how long the fleet lasts. Roll
# back, and see how soon it recovers. Then stop the traffic, deploy `bad` again,
# and send malformed requests one at a time. Count the replicas.

# %%
from course.panel import IncidentPanel

panel = IncidentPanel(stage.fleet, Load(rate=60, malformed=0.01, seed=3))
panel.show()

# %% [markdown]
# When you have seen enough, run this cell. It leaves a still picture in the
# panel's place and ends the fleet. (So does restarting or closing the kernel.)

# %%
panel.close()
stage.close()

# %% [markdown]
# ## What the 90 minutes cost
#
# The real outage was total and lasted from 14:00 to 15:30. Against an objective
# of 99.9% over 30 days:

# %%
budget_min = 30 * 24 * 60 * (1 - 0.999)
print(f"the budget of a month: {budget_min:.1f} minutes")
print(f"spent by 90 minutes of total outage: {90 / budget_min:.0%}")

# %% [markdown]
# ## Recall
#
# From lesson 02 on, these questions are about earlier lessons. Today they are
# about this one. Your answers finish the lesson.

# %%
from course.panel import recall

recall("01")

# %% [markdown]
# ## Take home
#
# - Error rate says how bad it is now, and availability how bad it has been.
#   Burn rate says how long you can afford it, and restarts whether the service
#   holds itself up.
# - The share of bad input says nothing about the share of users who suffer.
# - A healthy deployment proves that the release serves the requests it has met
#   so far.
# - Report symptoms as symptoms. "Since the deployment" is a lead until a test
#   makes it a cause.
#
# **Next:** [exercise 01 · The page](../../exercises/01_page/01_page.ipynb). You
# write the functions behind these figures, and the first message of the
# incident.
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - B. Beyer et al. (eds.), *The Site Reliability Workbook*, O'Reilly 2018,
#   chapter 5: burn rates and the figure 14.4.
# - Kubernetes documentation, "Pod Lifecycle", restart policy: the growing delay
#   between restarts of a crashing container.
