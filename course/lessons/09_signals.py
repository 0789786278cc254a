# %% [markdown]
# # 09 · Signals
#
# **July, follow-up 3.** At 14:00 the alert had said *errors*. At 14:05 the logs were full, and
# said nothing for twenty minutes. The service did talk. It did not say what it knew.
#
# *About 25 minutes, then [exercise 09](../../exercises/09_signals/09_signals.ipynb) with 35
# more.*
#
# Afterwards you can
#
# - log a failure once, where it is handled, with its traceback and request id,
# - count failures under labels that stay few,
# - write an alert that fires on one cause and stays quiet on others.
#
# Two questions to keep in mind: *who has to do something about this line*, and *how many
# different values can this label have*?

# %% [markdown]
# ## One failure, three lines
#
# In the release *noisy*, failures have names: a header that names no backend is a
# `RouteError` (400), and a bug in the routing code becomes `RoutingFailed` (500). What is
# wrong is its outermost layer. Here it is, with a bug planted in the routing of one region.

# %%
from course.outage import Fleet, Release
from course.outage.requests import http_request
from course.panel.log import log_of, print_records

BUG = """

_resolve = resolve


def resolve(header: bytes) -> Backend:
    backend = _resolve(header)
    if backend.region == "ap-south":
        raise RuntimeError("topology out of step")
    return backend
"""
noisy = Release.named("noisy")
buggy = noisy.called("noisy, with a bug").extended("routing.py", BUG)

OUR_BUG = http_request(b'{"region": "ap-south", "shard": 1}')
THEIR_FAULT = http_request(b"{")
with Fleet(buggy, replicas=1) as fleet:
    for whose, raw in (("ours", OUR_BUG), ("theirs", THEIR_FAULT)):
        records = log_of(fleet, raw)
        errors = [r for r in records if r["level"] == "error"]
        traced = sum("exception" in r for r in errors)
        print(f"A fault of {whose}: {len(errors)} errors, {traced} with a traceback")
        print_records(records)

# %% [markdown]
# Several errors for one fault of ours, and one for what is no fault of ours. An error without
# a traceback does not say which line of code to look at. Multiply by 60 requests a second,
# and you have 14:05.
#
# Four rules, and the reason for each:
#
# 1. **Log where you handle.** Whoever catches an exception and passes it on has handled
#    nothing: it will be logged by the one who does. Log and raise, at three layers, and you
#    have three incidents that are one.
# 2. **Once, with all that is known there**: the traceback (`log.exception`, or
#    `exc_info=exc`), the request id, method and path. `str(exc)` is the one part of an
#    exception that is made for people who know the rest.
# 3. **The level says who has to act.** Error: one of us, soon. Warning: nobody yet. Info:
#    nobody. A client's mistake is no error *of the service*, however wrong the request is.
# 4. **Fields, not sentences.** `event="request.failed" path="/orders"` can be counted,
#    filtered and joined by its id with every other line of the request.
#
# Most bugs leave the process through one place, the outermost layer, so rule 1 costs one
# `except Exception` there, and none elsewhere.
#
# ## What a label costs
#
# Logs answer "what happened to this request". For "how many, since when" a counter is
# cheaper by orders of magnitude, as long as its labels have few values: each combination of
# values is a *series* of its own, in the memory of the process, in every scrape, and in the
# database of the monitoring.
#
# *noisy* uses the path as a label, and the good release the route's template. Each gets
# 1,000 requests for orders that do not exist.

# %%
from course.panel import predict

cost = predict("09 cost")

# %%
VALID = b'{"region": "eu-west", "shard": 3}'
metrics = {}
for name in ("good", "noisy"):
    with Fleet(Release.named(name), replicas=1) as fleet:
        for n in range(1000):
            fleet.send(http_request(VALID, path=f"/orders/{n:x}"))
        metrics[name] = fleet.send(http_request(None, path="/metrics")).text

# %%
cost.reveal(metrics)

# %% [markdown]
# The rule: **no label takes its value from a client.** Route *templates*, the
# status and the *class* of an exception are bounded by your own code. Paths,
# ids, messages and headers go into the log.
#
# ## Four incidents, one alert
#
# In the exercise's recordings, a fleet with good instruments went through four incidents,
# each of them real: 10 seconds of calm, 15 of trouble, 15 of calm.
#
# | incident | what was done | what users saw |
# |---|---|---|
# | routing | a deployment broke the routing of one region in three | 500 for a third of them |
# | database | a slow report in every query | 500 after half a second |
# | client | a client sent malformed headers | 400 for that client |
# | spike | seven times the traffic | 503 for what was too much |
#
# Here is an alert like June's: more than 1% of requests answered with 5xx.

# %%
from course.outage.telemetry.recording import INCIDENTS, scrapes_of


def share_of_5xx(scrapes):
    """Of the requests answered within these scrapes; processes begin at 0."""
    grown = {"5": 0.0, "all": 0.0}
    for pid in {scrape["pid"] for scrape in scrapes}:
        own = [scrape for scrape in scrapes if scrape["pid"] == pid]
        for sign, scrape in ((1, own[-1]), (-1, own[0])):
            for name, labels, value in scrape["samples"]:
                if name == "http_requests_total":
                    grown["all"] += sign * value
                    grown["5"] += sign * value * labels["status"].startswith("5")
    return grown["5"] / grown["all"] if grown["all"] else 0.0


for name in INCIDENTS:
    shares = [share_of_5xx(window) for window in scrapes_of(name, 10)]
    print(f"{name:10}", "".join("█" if share > 0.01 else "·" for share in shares))

# %% [markdown]
# It fires on three of the four, and that is right: in three of them users were hurt by us.
# An alert on the *symptom* is what gets somebody out of bed (module 01: the burn rate of an
# objective). What it can't say is where to look. June needed 25 minutes for that.
#
# So a second alert stands beside it and names a *cause*. It needs a counter that only this
# cause moves. Look at what the four incidents counted:

# %%
for name in INCIDENTS:
    counted = {
        labels["error"]
        for scrape in scrapes_of(name, 3600)[-1]
        for sample, labels, _ in scrape["samples"]
        if sample == "request_errors_total"
    }
    print(f"{name:10}", counted or "no fault of ours that is an exception")

# %% [markdown]
# `RoutingFailed` exists because somebody gave the failure a name at the place where it
# happens (module 06). Without it, the routing fault would be a `RuntimeError` among others.
# A taxonomy of errors is what an alert on causes is made of.
#
# The share and the window decide the rest: one failure in a million is a ticket, and not an
# alarm, and a window that is too short fires on one unlucky request.
#
# ## A rule in Prometheus
#
# In production nobody writes that loop. Prometheus scrapes, and a rule file says what fires.
# This one is for another incident, the slow database:

# %%
RULE = """
groups:
  - name: database
    rules:
      - alert: SlowQueries
        expr: >
          sum(rate(db_query_seconds_sum[10s])) / sum(rate(db_query_seconds_count[10s]))
          > 0.1
        for: 2s
        labels:
          severity: ticket
        annotations:
          summary: "A query takes {{ $value | humanizeDuration }} on average"
"""

from autograder.instruments.promtool import firing_seconds, promtool, read_rule

if promtool():
    for name in INCIDENTS:
        [*_, scrapes] = scrapes_of(name, 3600)
        fires = firing_seconds(read_rule(RULE), scrapes)
        print(f"{name:10}", "".join("█" if t in fires else "·" for t in range(1, 41)))
else:
    print("promtool is not on this machine; in Debian it is in the package prometheus.")

# %% [markdown]
# Three things to notice. `rate` knows that counters begin again at 0 with each process. `sum`
# is around both sides *before* the division, so that replicas and routes add up; without it
# each series is divided by the one that has the same labels, or by nothing. `for` waits until
# the condition has held so long.
#
# A rule is code, so it has tests: `promtool test rules` replays series on it. That is how the
# exercise judges yours, with what the four fleets were really scraped for.
#
# ## Recall

# %%
from course.panel import recall

recall("09")

# %% [markdown]
# ## Take home
#
# - One fault, one record of level error, with its traceback and request id, at the boundary.
# - A client's mistake is no error of ours.
# - Labels are bounded by your code, never by a client.
# - Page on symptoms; name the cause beside them. The name comes from your exceptions.
#
# **Next:** [exercise 09 · Signals](../../exercises/09_signals/09_signals.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - B. Beyer et al., *The Site Reliability Workbook*, chapter 5 ("Alerting on SLOs").
# - Prometheus documentation: "Metric and label naming" (labels of unbounded cardinality),
#   "Unit testing for rules", `rate` and counter resets.
# - structlog's documentation: context variables, and exceptions as fields.
