# %% [markdown]
# # 01 · The page
#
# **5 June 2024, a few minutes before 14:00 UTC.** You are on call for an orders API. A
# routine deployment is about to go out.
#
# *About 25 minutes, then [exercise 01](../../exercises/01_page/01_page.ipynb) with 25 more.
# Run the cells in order. Some keep running for up to 30 seconds while their chart moves.*
#
# Afterwards you can
#
# - compute availability and burn rate from what clients saw,
# - put an outage against the error budget of a month,
# - tell a symptom from its cause,
# - write a first incident message that claims no more than you know.
#
# Two questions to keep in mind: *how many users are affected*, and *what do I know, as
# against what do I guess?*

# %% [markdown]
# ## A healthy fleet
#
# Two replicas of the API share one port, as they would behind a load balancer. They are
# processes on your machine: look them up with `ps`, if you like. Clients send 60 requests
# a second. A client that gets no usable answer within a second tries again a second
# later, three times in all.

# %%
from course.outage import Fleet, Release
from course.outage.traffic import Load
from course.panel import LiveView, Prediction

fleet = Fleet(Release.named("good"), replicas=2)
fleet.start_traffic(Load(rate=60, seed=1))
view = LiveView(fleet)

for event in fleet.telemetry.processes:
    print(f"replica {event['replica']}, process {event['pid']}: {event['state']}")

# %%
view.watch(seconds=8, title="The good release")

# %% [markdown]
# The solid line is what users get. The dashed line, failures, lies on the floor, and so
# does the dotted one, which counts processes that died.
#
# ## The deployment
#
# The new release moves route look-ups into one task with a cache. Two people have reviewed
# it. It goes out one replica at a time: a replica is stopped, started with the new release,
# and takes traffic again; then the next one follows.
#
# **Predict before you run it.** What will users notice?

# %%
deployment = Prediction(
    "What happens to the success rate in the seconds around the deployment?",
    ["It falls to about half while a replica is away", "Nothing", "It falls to zero"],
)
deployment.show()

# %%
before = fleet.telemetry.now
fleet.deploy(Release.named("bad"))
view.watch(seconds=8, title="The new release is out")

# %%
served = fleet.telemetry.success(before, fleet.telemetry.now - 1)
observed = "b" if served > 0.9 else "a" if served > 0.3 else "c"
deployment.reveal(observed, f"{served:.1%} of requests were served meanwhile.")

# %% [markdown]
# While one replica is away the other takes all of the traffic, and the one that stops
# finishes its requests first. The new release serves everyone as the old one did.
#
# This is the uncomfortable part of the story: **nothing was wrong yet**. The tests had
# passed, the review had passed, the deployment was healthy for a while. If you had to
# decide now whether to roll back, no signal would tell you to.
#
# ## One request in a hundred
#
# So far every request was well-formed. On the open internet some never are: a client sends
# the wrong encoding, leaves a field out, spells a region wrong. From the next cell on, 1%
# of requests carry a malformed routing header; the other 99% are as before. Under the
# old release such a request got a 500 and nobody else noticed.

# %%
one_percent = Prediction(
    "1% of requests are malformed. How many of the well-formed ones will succeed?",
    ["About 99%", "About 90%", "About half", "Less than one in ten"],
)
one_percent.show()

# %%
poisoned = fleet.telemetry.now
fleet.start_traffic(Load(rate=60, malformed=0.01, seed=2))
view.watch(seconds=25, title="1% of requests are malformed")

# %%
tries = list(fleet.telemetry.tries)
first = min(t.due for t in tries if t.malformed)
served = fleet.telemetry.success(first + 3, fleet.telemetry.now - 1)
observed = (
    "d" if served < 0.1 else "c" if served < 0.7 else "b" if served < 0.95 else "a"
)
one_percent.reveal(
    observed, f"{served:.1%} were served, counted from 3 s after the first."
)

# %% [markdown]
# It is 14:00: the alert has fired, and you have been paged. The traffic goes on while you
# look around, so nothing below is a rehearsed figure. Run these cells at your own pace.
#
# ## How bad is it?
#
# Four signals answer that, and each has its own question.
#
# **Error rate**: what share of all tries fails at this moment?

# %%
now = fleet.telemetry.now
error_rate = fleet.telemetry.error_share(now - 5, now)
print(f"In the last 5 seconds {error_rate:.0%} of tries failed.")

# %% [markdown]
# **Availability**: what share of well-formed requests has been served, over the time that
# you report on? It depends on that time, so name it. The same minute looks like this over
# three different windows:

# %%
now = fleet.telemetry.now - 1
for window in (10, 30, now):
    share = fleet.telemetry.success(now - window, now)
    print(f"over the last {window:3.0f} s: {share:6.1%} available")

# %% [markdown]
# **Burn rate**: how fast is the error budget being spent? An objective of 99.9% allows 0.1%
# of requests to fail. Failing ten times as many burns the budget at rate 10, and a month's
# budget is then gone in three days. Google's *SRE Workbook* (chapter 5, "Alerting on SLOs")
# pages a human at rate 14.4, measured over an hour and over five minutes at once. That is
# the alert in the line above the chart, on a clock on which a second stands for two
# minutes.

# %%
from course.outage.alert import BurnRateAlert

alert = BurnRateAlert(objective=0.999, factor=14.4)
now = fleet.telemetry.now
print(f"burn rate now: {alert.burn_rate(fleet.telemetry, now, alert.short_s):.0f}")
print(f"it fired {view.alerted_s - first:.1f} s after the first malformed request")

# %% [markdown]
# **Restarts**: does the service stay up between failures? A service that is slow, or that
# answers with errors, keeps its processes. One that is in a crash loop does not.

# %%
for end in fleet.telemetry.exits():
    print(
        f"second {end['t']:5.1f}: replica {end['replica']}, process {end['pid']},"
        f" exit code {end['exit_code']}"
    )

# %% [markdown]
# Each line is a process that ended by itself, and each time with the same exit code. The
# supervisor started a new one, after a delay that grows as it does on Kubernetes, and the
# new one met the same traffic.
#
# ## Say it in one sentence
#
# The first message of an incident says what users feel, since when, and how many of them.
# It names no cause, because you know of none yet:

# %%
down_for = fleet.telemetry.now - first
print(
    f"Orders API: down for nearly all users for the last {down_for:.0f} s;"
    f" {1 - served:.0%} of valid requests fail; {len(fleet.telemetry.exits())} processes"
    " have died and are being restarted; cause unknown."
)

# %% [markdown]
# ## Symptom or cause?
#
# Sort what you know. *Symptoms* are what you observe; a *cause* explains them and can be
# tested by changing it.
#
# | observed | symptom or cause? |
# |---|---|
# | error rate at its ceiling | symptom |
# | processes end with exit code 1 | symptom: something ends them |
# | a deployment went out shortly before | neither yet: a coincidence in time, worth a test |
#
# The last row is the strongest lead, because it can be tested at once: put the old release
# back and watch. A rollback needs no understanding, which makes it the first thing to
# consider in any incident that follows a deployment. On 5 June nobody tried it, and module
# 05 asks what that cost.
#
# **Predict:** the malformed requests go on. What does the rollback do?

# %%
rollback = Prediction(
    "The old release comes back; 1% of requests are still malformed. What then?",
    ["It dies as well", "Well-formed requests succeed again", "Half of them succeed"],
)
rollback.show()

# %%
fleet.rollback()
restored = fleet.telemetry.now
view.watch(seconds=12, title="The old release is back")

# %%
served = fleet.telemetry.success(restored + 3, fleet.telemetry.now - 1)
observed = "b" if served > 0.95 else "c" if served > 0.3 else "a"
rollback.reveal(observed, f"{served:.1%} of well-formed requests are served.")

poison = [t for t in fleet.telemetry.tries if t.malformed and t.due > restored + 3]
print(f"Statuses of malformed requests now: {sorted({t.status for t in poison})}.")
burn = alert.burn_rate(fleet.telemetry, fleet.telemetry.now, 8)
print(f"Burn rate over the last 8 s: {burn:.0f}.")

# %% [markdown]
# Look at the last figure. Every well-formed request succeeds, and the budget may still burn
# fast enough to page you: the old release answers each malformed request with a 500, its
# client tries that three times, and to an alert on all errors a 500 is a 500. It cannot
# tell users who suffer from one client that sends nonsense. Module 09 builds one that can.
#
# The test has turned a coincidence into a finding: with the new release the processes die,
# with the old one they live, and the traffic is the same. *Which line* of the new release
# it is remains open.
#
# ## With your own hands
#
# The incident panel holds everything that you have measured so far, with the levers of an
# engineer on call below it. It draws by itself, so the cells stay free. Start the traffic,
# deploy `bad`, and see how long the fleet lasts; roll back, and see how soon it recovers.
# Then stop the traffic, deploy `bad` again, and send one malformed request at a time: each
# kills the replica that takes it.

# %%
from course.panel import IncidentPanel

panel = IncidentPanel(fleet, Load(rate=60, malformed=0.01, seed=3))
panel.show()

# %% [markdown]
# When you have seen enough, this leaves a still picture in the panel's place and ends the
# fleet. (Restarting or closing the kernel would end it as well.)

# %%
panel.close()
fleet.close()

# %% [markdown]
# ## What the 90 minutes cost
#
# The real outage was total and lasted from 14:00 to 15:30. Against an objective of 99.9%
# over 30 days:

# %%
budget_min = 30 * 24 * 60 * (1 - 0.999)
print(f"the budget of a month: {budget_min:.1f} minutes")
print(f"spent by 90 minutes of total outage: {90 / budget_min:.0%}")

# %% [markdown]
# ## Take home
#
# - Error rate says how bad it is now, availability how bad it has been, burn rate how long
#   you can afford it, restarts whether the service holds itself up.
# - 1% of bad input took down 100% of the service. The share of input that is bad says
#   nothing about the share of users who suffer.
# - A healthy deployment proves that the release serves the requests it has met so far.
# - Report symptoms as symptoms. "Since the deployment" is a lead until a test makes it a
#   cause.
#
# **Next:** [exercise 01 · The page](../../exercises/01_page/01_page.ipynb): you write the
# functions behind these figures, and the first message of the incident.
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - B. Beyer et al. (eds.), *The Site Reliability Workbook*, O'Reilly 2018, chapter 5: burn
#   rates and the figure 14.4.
# - Kubernetes documentation, "Pod Lifecycle", restart policy: the growing delay between
#   restarts of a crashing container.

# %%
from course.panel import lesson_done

lesson_done("01")
