# %% [markdown]
# # 09 · Signals
#
# **July, follow-up 3.** At 14:00 the alert said *errors*. At 14:05 the logs
# were full, and for twenty minutes they told nobody anything. The service was
# talking the whole time. It never said what it knew.
#
# *About 25 minutes. Then [exercise
# 09](../../exercises/09_signals/09_signals.ipynb), another 35.*
#
# Afterwards you can
#
# - log a failure once, where it is handled, with its traceback and request id,
# - count failures under labels that stay few,
# - write an alert that fires on one cause and stays quiet on others.
#
# Keep two questions in mind: *who has to act on this line*, and *how many
# different values can this label have*?

# %% [markdown]
# ## One failure, three lines
#
# In the release *noisy*, failures have names. A header that names no backend is
# a `RouteError` and becomes a 400. A bug in the routing code is a
# `RoutingFailed` and becomes a 500. The trouble is in the outermost layer,
# which writes the log. Plant a bug in the routing of one region, and read what
# that layer has to say:

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
        print(f"A fault of {whose}. Errors: {len(errors)}; with a traceback: {traced}")
        print_records(records)

# %% [markdown]
# Count the errors that are ours, and those that are not. Then look for a
# traceback: without one, an error does not say which line of code to open.
# Multiply by 60 requests a second, and you have 14:05.
#
# Four rules, each with its reason:
#
# 1. **Log where you handle.** Code that catches an exception and passes it on
#    has handled nothing. Whoever does handle it will log it. Log *and* raise at
#    three layers, and one incident looks like three.
# 2. **Log once, with everything known there**: the traceback (`log.exception`,
#    or `exc_info=exc`), the request id, the method and the path. `str(exc)` is
#    the part of an exception written for people who already know the rest.
# 3. **The level says who has to act.** Error: one of us, soon. Warning: nobody
#    yet. Info: nobody. A client's mistake is not an error *of the service*,
#    however wrong the request is.
# 4. **Write fields, not sentences.** `event="request.failed" path="/orders"`
#    can be counted, filtered, and joined by its id with every other line of the
#    request.
#
# Most bugs leave the process through one place, the outermost layer. So rule 1
# costs one `except Exception` there and none anywhere else.
#
# ## What a label costs
#
# Logs answer "what happened to this request". For "how many, and since when", a
# counter is cheaper by orders of magnitude, as long as its labels have few
# values. Each combination of values is a *series* of its own. It takes room in
# the memory of the process, in every scrape, and in the database of the
# monitoring.
#
# *noisy* uses the path as a label. The good release uses the route's template,
# such as `/orders/{order_id}`. Each of them gets 1,000 requests for orders that
# do not exist.

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
# The rule: **no label takes its value from a client.** Your own code bounds the
# number of route *templates*, of statuses, and of exception *classes*. Paths,
# ids, messages and headers go into the log.
#
# ## Four incidents, one alert
#
# For the exercise we put a well-instrumented fleet through four incidents and
# recorded its scrapes. Each is real: 10 seconds of calm, 15 of trouble, 15 of
# calm.
#
# | incident | what we did | what users saw |
# |---|---|---|
# | routing | a deployment broke the routing of one region in three | 500 for a third of them |
# | database | a slow report in every query | 500 after half a second |
# | client | a client sent malformed headers | 400 for that client |
# | spike | seven times the traffic | 503 for whatever was too much |
#
# Here is an alert like June's. It fires when more than 1% of requests are
# answered with a 5xx:

# %%
from course.outage.telemetry.recording import INCIDENTS, scrapes_of


def share_of_5xx(scrapes):
    """Of the requests that were counted within these scrapes."""
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
# Each line is 40 seconds; a full block is a second in which the alert fires. It
# is right to fire wherever we hurt our users. An alert on the *symptom* is what
# gets somebody out of bed (module 01: the burn rate of an objective). What it
# cannot say is where to look. In June, that took 25 minutes.
#
# So put a second alert beside it that names a *cause*. That alert needs a
# counter which only this cause moves. Here is what the fleet counted in each
# incident:

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
# `RoutingFailed` exists because somebody named the failure where it happens
# (module 06). Without that name, the routing fault would be one `RuntimeError`
# among many. An alert on causes is built from a taxonomy of errors.
#
# The share and the window settle the rest. One failure in a million deserves a
# ticket, not an alarm. And a window that is too short fires on one unlucky
# request.
#
# ## A rule in Prometheus
#
# Nobody writes that loop in production. Prometheus scrapes, and a rule file
# says what fires. This rule is for another incident, the slow database:

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
# Three details matter:
#
# - `rate` knows that a counter starts again at 0 with each new process.
# - `sum` stands around both sides *before* the division, so that replicas and
#   routes add up. Without it, Prometheus divides each series by the one that
#   has the same labels, or by nothing.
# - `for` waits until the condition has held that long.
#
# A rule is code, so it has tests: `promtool test rules` replays series against
# it. The exercise judges your rule that way, with what the four fleets really
# reported.
#
# ## Recall

# %%
from course.panel import recall

recall("09")

# %% [markdown]
# ## Take home
#
# - One fault, one error record, with traceback and request id, at the boundary.
# - A client's mistake is not our error.
# - Your code bounds the values of a label. A client never does.
# - Page on symptoms, and name the cause beside them. Your exceptions supply the
#   name.
#
# **Next:** [exercise 09 ·
# Signals](../../exercises/09_signals/09_signals.ipynb).
#
# ## Sources
#
# - The facts of the incident: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - B. Beyer et al., *The Site Reliability Workbook*, chapter 5 ("Alerting on
#   SLOs").
# - Prometheus documentation: "Metric and label naming" (labels of unbounded
#   cardinality), "Unit testing for rules", `rate` and counter resets.
# - structlog's documentation: context variables, and exceptions as fields.
