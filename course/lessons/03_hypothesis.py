# %% [markdown]
# # 03 · The wrong hypothesis
#
# **5 June 2024, 14:15 UTC.** Most errors in the log name a database query. Somebody says
# "it is the database", and everybody is relieved to have something to do. The next ten
# minutes go into that sentence, and it is wrong.
#
# *About 20 minutes, then [exercise 03](../../exercises/03_hypothesis/03_hypothesis.ipynb)
# with 25 more.*
#
# Afterwards you can
#
# - say which evidence refutes a hypothesis, and get it from data,
# - order tests by what they cost and what they can refute,
# - find the suspect that goes with the deaths, and not one that was there by chance.
#
# Two questions to keep in mind: *what would I see if I were wrong*, and *what does it cost
# to look?*

# %% [markdown]
# ## The incident, once more
#
# Six seconds of the good release, for comparison; then June's. This time 3% of requests
# are malformed instead of 1%: you will count them, and want enough to count.

# %%
from course.outage import Release
from course.outage.traffic.load import Load
from course.outage.traffic.retries import Retries
from course.panel import Prediction, Stage, recall

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
# At the incident desk you can ask for what a dashboard or a log query would tell. Every
# question costs minutes, as in life. This is what June's engineers asked first:

# %%
from course.outage.incident.desk import QUESTIONS, Desk

outage_began = incident["poisoned"]
desk = Desk(incident.telemetry, since=outage_began)
print(desk.ask("outcomes"))
print(desk.ask("last lines"))

# %% [markdown]
# In June those were cancellations and closed connections, with, as module 02 has shown, the
# name of a database query below nearly each of them. It looked like the database. Before you
# call its owners:
#
# **Predict.** A query put to the database itself, past the service: how does it fare?

# %%
asked = Prediction.named("03 asked")
asked.show()

# %% [markdown]
# ## What would prove it wrong?
#
# A hypothesis is worth something if it forbids something. Write next to each one what you
# would *not* see if it were true, and look for exactly that. Looking for confirmation is
# easy and proves nothing: "the log names the database" is true, and it is also what you see
# when requests die of something else while they wait for the database.
#
# | hypothesis | forbids | question |
# |---|---|---|
# | the database is slow or gone | a fast answer to a query of your own | `database probe` |
# | the connection pool is exhausted | free connections at most looks | `pool` |
# | there is too much traffic | as many requests a second as before | `traffic` |
# | a bug in routing ends the processes | processes that die anywhere else | `last words` |
#
# The third column is a test. One clear contradiction is enough to drop a hypothesis; no
# number of agreements is enough to keep it.
#
# ## Cheap tests first
#
# Four tests, four prices. There is also `query log`, which tests the first hypothesis for
# four times the price of the probe. You have no time to be thorough in the wrong order:
# begin with the test that can refute the most per minute.

# %%
for question in sorted(QUESTIONS.values(), key=lambda q: q.minutes):
    print(f"{question.minutes} min  {question.name:16} {question.refutes}")

# %% [markdown]
# ## Asking the database itself

# %%
import statistics


def query_ms(run, since, until):
    probes = [p for p in run.telemetry.probes if since <= p.t < until]
    answers = [p.ms for p in probes if p.ms is not None]
    return statistics.median(answers) if answers else float("nan")


def database(run):
    before = query_ms(run, 0, run["poisoned"])
    during = query_ms(run, run["poisoned"], run["ended"])
    figures = (
        f"{before:.3f} ms before, {during:.3f} ms during; {len(run.deaths())} died."
    )
    if not (run.deaths() and before > 0):
        return None, figures
    times = during / before
    return "a" if times >= 10 else "b" if times < 5 else None, figures


asked.reveal_from(database, incident)
print(desk.ask("database probe"))

# %%
from IPython.display import HTML

from course.panel.chart import DIED, FAILED, Line, still

QUERY = Line("database query, hundredths of a millisecond", "#0072B2", (1, 2))
samples = [s for s in incident.telemetry.series(0.5) if s.db_ms is not None]
data = [
    [s.t for s in samples],
    [s.rate * s.error_share for s in samples],
    [s.db_ms * 100 for s in samples],
    [float(s.restarts) for s in samples],
]
words = f"Failures rise to {max(data[1], default=0):.0f} a second; queries take {max(data[2], default=0) / 100:.2f} ms at most."
title = "What clients see, and what the database sees"
HTML(still(title, [FAILED, QUERY, DIED], data, words))

# %% [markdown]
# A database that answers as fast as before is *refuted* as the cause, for two minutes' work.
# Why do tracebacks name it? Every request spends most of its time waiting for a query,
# so that is where most requests are when something else ends them. A traceback says where
# the code *was*, which is a different question from *what went wrong*.
#
# The other three, cheapest first:

# %%
for name in ("traffic", "pool", "last words"):
    print(desk.ask(name))
refuting = sum(
    QUESTIONS[name].minutes for name in desk.asked if QUESTIONS[name].refutes
)
print(
    f"spent: {desk.minutes} minutes, {desk.minutes - refuting} of them on questions that"
    " could refute nothing"
)

# %% [markdown]
# As much traffic as before refutes overload, and connections to spare refute an exhausted
# pool. The last question could have refuted the fourth hypothesis: if processes had died in
# other places than `resolve`, the routing code would be innocent.
#
# Where processes die is the unusual pattern of 14:25. June's engineers spent all ten minutes
# on the database, because a plausible theory was in the way.

# %% [markdown]
# ## What goes with the deaths?
#
# Which requests bring the processes down? Take a property of requests, and compare: what
# share of the requests *with* it are followed by a death within 0.3 seconds, and what share
# of all requests? The quotient is called *lift*; 1 means that the property has nothing to
# do with it.
#
# **Predict.** In the storm that you have watched, what is the lift of "names no backend", the
# very requests that kill?

# %%
stormy = Prediction.named("03 stormy")
stormy.show()

# %%
import json


def names_a_backend(raw):
    """Whether the X-Route header of a request can be resolved, by the letter of its rules."""
    header = raw.partition("X-Route: ")[2].partition("\r\n")[0]
    try:
        route = json.loads(header.encode("latin-1"))
        region, shard = route["region"].lower(), int(route["shard"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return 0 <= shard < {"eu-west": 8, "us-east": 8, "ap-south": 4}.get(region, 0)


def lift(run, requests, has, within_s=0.3):
    """How much more often a death follows requests that have a property."""
    deaths = [end.t for end in run.deaths()]

    def share(some):
        followed = [any(0 < d - t.due <= within_s for d in deaths) for t in some]
        return sum(followed) / max(1, len(followed))

    return share([t for t in requests if has(t.raw)]) / (share(requests) or 1)


PROPERTIES = {
    "method GET": lambda raw: raw.startswith("GET"),
    "method PUT": lambda raw: raw.startswith("PUT"),
    "region us-east": lambda raw: "us-east" in raw.lower(),
    "names no backend": lambda raw: not names_a_backend(raw),
}


def lifts(run, since):
    """The lift of each property, over the requests until the last death."""
    until = run.deaths()[-1].t
    sent = [t for t in run.telemetry.tries if t.number == 1 and since <= t.due <= until]
    return {name: lift(run, sent, has) for name, has in PROPERTIES.items()}


def during_the_outage(run):
    if len(run.deaths()) < 3:
        return None, f"{len(run.deaths())} processes died."
    found = lifts(run, run["poisoned"])
    figures = ", ".join(f"{name}: {value:.1f}" for name, value in found.items())
    return "a" if found["names no backend"] >= 3 else "b", f"Lifts: {figures}."


stormy.reveal_from(during_the_outage, incident)

# %% [markdown]
# ## A quiet replica
#
# So make it quiet: one replica, little traffic, no retries, and a restart without delay. On
# a real system you would take one server out of the rotation and send it a copy of some of
# the traffic.

# %%
ONE_BY_ONE = Load(rate=20, malformed=0.03, seed=4, retries=Retries(retries=0))
with stage.run("quiet", bad, replicas=1, first_backoff_s=0.0) as quiet:
    quiet.fleet.start_traffic(ONE_BY_ONE)
    quiet.watch(20, "One quiet replica of June's release")
stage.close()


# %%
def on_a_quiet_replica(run):
    if len(run.deaths()) < 3:
        return None, f"{len(run.deaths())} processes died."
    found = lifts(run, since=0)
    figures = ", ".join(f"{name}: {value:.1f}" for name, value in found.items())
    deadly = found.pop("names no backend")
    stands_out = deadly >= 3 and deadly > 2 * max(found.values())
    return "a" if stands_out else "b", f"Lifts: {figures}."


one_by_one = Prediction.named("03 quiet")
one_by_one.reveal_from(on_a_quiet_replica, quiet)

# %% [markdown]
# Mind three traps of such tables. A property of *one* request can have any lift by chance,
# so ask for a number of requests before you believe it. A count is no share: most deaths
# follow GETs, because most requests are GETs. And a lift is a *suspicion*: the test that
# settles it is to send that request, alone, and watch. Module 04 does.

# %% [markdown]
# ## Recall

# %%
recall("03")

# %% [markdown]
# ## Take home
#
# - Ask of each hypothesis what it forbids, and look there first.
# - Order tests by what they can refute per minute. A refuted hypothesis is progress.
# - A traceback says where code was when it ended, not why it ended.
# - Under overload, cause and effect lose their order. Reproduce on something quiet.
#
# **Next:** [exercise 03 · The wrong hypothesis](../../exercises/03_hypothesis/03_hypothesis.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - K. Popper, *The Logic of Scientific Discovery* (1959): a theory is tested by attempts to
#   refute it.
# - B. Beyer et al. (eds.), *Site Reliability Engineering*, O'Reilly 2016, chapter 12,
#   "Effective Troubleshooting": hypothesise and test, and the pitfalls on the way.

# %%
from course.panel import lesson_done

lesson_done("03")
