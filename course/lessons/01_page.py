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
from course.outage import Release
from course.outage.traffic.load import Load
from course.panel import Prediction, Stage

good, bad = Release.named("good"), Release.named("bad")
WELL_FORMED = Load(rate=60, seed=1)

stage = Stage("01")
with stage.run("healthy", good, WELL_FORMED, replicas=2) as healthy:
    for event in healthy.telemetry.processes:
        print(f"replica {event.replica}, process {event.pid}: {event.state}")
    healthy.watch(8, "The good release")
print(f"{healthy.served(since=0):.1%} of requests were served.")

# %% [markdown]
# The solid line is what users get. The dashed line is failures, and the dotted one counts
# processes that died: both lie on the floor while all is well.
#
# ## The deployment
#
# The new release moves route look-ups into one task with a cache. Two people have reviewed
# it. It goes out one replica at a time: a replica is stopped, started with the new release,
# and takes traffic again; then the next one follows.
#
# **Predict before you run it.** What will users notice?

# %%
deployment = Prediction.named("01 deployment")
deployment.show()

# %%
with stage.run("deployed", good, WELL_FORMED, after=healthy) as deployed:
    deployed.fleet.deploy(bad)
    deployed.watch(8, "The new release is out")


# %%
def meanwhile(run):
    served = run.served(since=run["began"])
    observed = "b" if served > 0.9 else "a" if served > 0.3 else "c"
    return observed, f"{served:.1%} of requests were served meanwhile."


deployment.reveal_from(meanwhile, deployed)

# %% [markdown]
# This is the uncomfortable part of June's story: when the release went out, **nothing was
# wrong yet**. The tests had passed, the review had passed, the deployment was healthy for a
# while. No signal would have told anybody to roll back.
#
# ## One request in a hundred
#
# So far every request was well-formed. On the open internet some never are: a client sends
# the wrong encoding, leaves a field out, spells a region wrong. From the next cell on, 1%
# of requests carry a malformed routing header; the other 99% are as before. The old release
# answers such a request with a 500, and nobody else notices.

# %%
one_percent = Prediction.named("01 one percent")
one_percent.show()

# %%
POISON = Load(rate=60, malformed=0.01, seed=2)
with stage.run("poisoned", bad, WELL_FORMED, after=deployed) as poisoned:
    poisoned.fleet.start_traffic(POISON)
    poisoned.watch(25, "1% of requests are malformed")


# %%
def well_formed(run):
    first = min(t.due for t in run.telemetry.tries if t.malformed)
    served, died = run.served(since=first + 3), len(run.deaths(since=first))
    figures = (
        f"{served:.1%} were served, counted from 3 s after the first; {died} died."
    )
    if served < 0.1:
        return "d" if died else None, figures
    return "c" if served < 0.7 else "b" if served < 0.95 else "a", figures


one_percent.reveal_from(well_formed, poisoned)

# %% [markdown]
# It is 14:00: an alert fires, and you are paged. The traffic goes on while you look around.
# The figures below are of the seconds that you have watched; none of them is rehearsed.
#
# ## How bad is it?
#
# Four signals answer that, and each has its own question.
#
# **Error rate**: what share of all tries fails at this moment?

# %%
told = poisoned.telemetry
error_rate = told.error_share(told.now - 5, told.now)
print(f"In the last 5 seconds {error_rate:.0%} of tries failed.")

# %% [markdown]
# **Availability**: what share of well-formed requests has been served, over the time that
# you report on? It depends on that time, so name it. The same minute looks like this over
# three different windows:

# %%
for window in (10, 30, told.now):
    share = poisoned.served(since=told.now - window)
    print(f"over the last {window:3.0f} s: {share:6.1%} available")

# %% [markdown]
# **Burn rate**: how fast is the error budget being spent? An objective of 99.9% allows 0.1%
# of requests to fail. Failing ten times as many burns the budget at rate 10, and a month's
# budget is then gone in three days. Google's *SRE Workbook* (chapter 5, "Alerting on SLOs")
# pages a human at rate 14.4, measured over an hour and over five minutes at once. That is
# the alert in the line above the chart, on a clock on which a second stands for two
# minutes.

# %%
from course.outage.telemetry.alert import BurnRateAlert

alert = BurnRateAlert(objective=0.999, factor=14.4)
print(f"burn rate now: {alert.burn_rate(told, told.now, alert.short_s):.0f}")
first = min(t.due for t in told.tries if t.malformed)
fired = alert.fired(told, since=first)
print(
    f"it fired {fired - first:.1f} s after the first malformed request" if fired else ""
)

# %% [markdown]
# **Restarts**: does the service stay up between failures? A service that is slow, or that
# answers with errors, keeps its processes. One that is in a crash loop does not.

# %%
for end in poisoned.deaths():
    print(
        f"second {end.t:5.1f}: replica {end.replica}, process {end.pid},"
        f" exit code {end.exit_code}"
    )

# %% [markdown]
# Each such line is a process that ended by itself. The supervisor starts a new one, after a
# delay that grows as it does on Kubernetes, and the new one meets the same traffic.
#
# ## Say it in one sentence
#
# The first message of an incident says what users feel, since when, and how many of them.
# It names no cause, because you know of none yet:

# %%
failing = 1 - poisoned.served(since=first)
print(
    f"Orders API: {failing:.0%} of valid requests fail for the last"
    f" {told.now - first:.0f} s; {len(poisoned.deaths())} processes have died and are"
    " being restarted; cause unknown."
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
rollback = Prediction.named("01 rollback")
rollback.show()

# %%
with stage.run("rolled back", bad, POISON, after=poisoned) as rolled_back:
    rolled_back.fleet.deploy(good)
    rolled_back.mark("restored")
    rolled_back.watch(12, "The old release is back")


# %%
def well_formed_now(run):
    since = run["restored"] + 3
    served, died = run.served(since), len(run.deaths(since))
    burn = alert.burn_rate(run.telemetry, run.telemetry.now, 8)
    statuses = {t.status for t in run.telemetry.tries if t.malformed and t.due > since}
    return "b" if served > 0.95 else "c" if served > 0.3 else "a", (
        f"{served:.1%} of well-formed requests are served, and {died} processes died."
        f" Statuses of malformed requests: {sorted(map(str, statuses))}."
        f" Burn rate over the last 8 s: {burn:.0f}."
    )


rollback.reveal_from(well_formed_now, rolled_back)

# %% [markdown]
# Mind the burn rate. Even when every well-formed request succeeds, the budget may burn fast
# enough to page you: the old release answers each malformed request with a 500, its
# client tries that three times, and to an alert on all errors a 500 is a 500. It cannot
# tell users who suffer from one client that sends nonsense. Module 09 builds one that can.
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

panel = IncidentPanel(stage.fleet, Load(rate=60, malformed=0.01, seed=3))
panel.show()

# %% [markdown]
# When you have seen enough, this leaves a still picture in the panel's place and ends the
# fleet. (Restarting or closing the kernel would end it as well.)

# %%
panel.close()
stage.close()

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
