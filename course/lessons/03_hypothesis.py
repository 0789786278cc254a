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
from course.outage import Fleet, Release
from course.outage.clients import Retries
from course.outage.traffic import Load
from course.panel import LiveView, Prediction, recall

fleet = Fleet(Release.named("good"), replicas=2)
fleet.start_traffic(Load(rate=60, seed=8))
view = LiveView(fleet)
view.watch(seconds=6, title="The good release")
fleet.deploy(Release.named("bad"))
outage_began = fleet.telemetry.now
fleet.start_traffic(Load(rate=60, malformed=0.03, seed=9))
view.watch(seconds=18, title="June's release, 3% malformed")

# %% [markdown]
# At the incident desk you can ask for what a dashboard or a log query would tell. Every
# question costs minutes, as in life. This is what June's engineers asked first:

# %%
from course.outage.desk import QUESTIONS, Desk

desk = Desk(fleet.telemetry, since=outage_began)
print(desk.ask("outcomes"))
print(desk.ask("last lines"))

# %% [markdown]
# Cancellations, closed connections, and, as module 02 has shown, the name of a database
# query below nearly each of them. It looks like the database. Before you call its owners:
#
# **Predict.** A query put to the database itself, past the service: how does it fare now?

# %%
asked = Prediction(
    "The median query, compared with before the outage, takes ...",
    ["ten times as long, or longer", "about as long: less than five times", "for ever"],
)
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

probes = [p for p in fleet.telemetry.probes if p["ms"] is not None]
before = statistics.median(p["ms"] for p in probes if p["t"] < outage_began)
during = statistics.median(p["ms"] for p in probes if p["t"] >= outage_began)
ratio = during / before
asked.reveal(
    "a" if ratio >= 10 else "b", f"{before:.3f} ms before, {during:.3f} ms now."
)
print(desk.ask("database probe"))

# %%
from IPython.display import HTML

from course.panel.chart import DIED, FAILED, Line, still

QUERY = Line("database query, hundredths of a millisecond", "#0072B2", (1, 2))
samples = [s for s in fleet.telemetry.series(0.5) if s.db_ms is not None]
data = [
    [s.t for s in samples],
    [s.rate * s.error_share for s in samples],
    [s.db_ms * 100 for s in samples],
    [float(s.restarts) for s in samples],
]
most = max(data[1])
words = f"Failures rise from 0 to {most:.0f} a second; queries stay as fast as before."
title = "What clients see, and what the database sees"
HTML(still(title, [FAILED, QUERY, DIED], data, words))

# %% [markdown]
# The database has not noticed that there is an incident. *Refuted*, for two minutes' work.
# Why did the tracebacks name it? Every request spends most of its time waiting for a query,
# so that is where most requests are when something else ends them. A traceback says where
# the code *was*, which is a different question from *what went wrong*.
#
# The other three, cheapest first:

# %%
for name in ("traffic", "pool", "last words"):
    print(desk.ask(name))
print(f"spent: {desk.minutes} minutes")

# %% [markdown]
# Two more are refuted: as much traffic as before, and a pool with connections to spare. The
# fourth could have been refuted and was not. Every process that died, died in one function:
# `resolve`, in the routing code.
#
# That is the unusual pattern of 14:25. Four of your minutes went into the two questions at
# the start, which could refute nothing; without them it would be 14:24 now. June's engineers
# spent all ten on the database, because a plausible theory was in the way.

# %% [markdown]
# ## What goes with the deaths?
#
# Which requests bring the processes down? Take a property of requests, and compare: what
# share of the requests *with* it are followed by a death within 0.3 seconds, and what share
# of all requests? The quotient is called *lift*; 1 means that the property has nothing to
# do with it.
#
# **Predict.** In the storm of the last minute, what is the lift of "names no backend", the
# very requests that kill?

# %%
stormy = Prediction(
    "The lift of the deadly requests, measured during the outage, is ...",
    ["3 or more", "under 3: hardly to be seen"],
)
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


def lift(requests, deaths, has, within_s=0.3):
    """How much more often a death follows requests that have a property."""

    def share(some):
        followed = [any(0 < d - t.due <= within_s for d in deaths) for t in some]
        return sum(followed) / len(followed)

    return share([t for t in requests if has(t.raw)]) / share(requests)


def table(telemetry, since):
    """The lift of a few properties, and how many requests have each."""
    deaths = [exit_["t"] for exit_ in telemetry.exits()]
    until = deaths[-1]
    sent = [t for t in telemetry.tries if t.number == 1 and since <= t.due <= until]
    properties = {
        "method GET": lambda raw: raw.startswith("GET"),
        "method PUT": lambda raw: raw.startswith("PUT"),
        "region us-east": lambda raw: "us-east" in raw.lower(),
        "names no backend": lambda raw: not names_a_backend(raw),
    }
    lifts = {name: lift(sent, deaths, has) for name, has in properties.items()}
    for name, has in properties.items():
        print(
            f"{name:18} {sum(has(t.raw) for t in sent):5} requests, lift {lifts[name]:.1f}"
        )
    return lifts["names no backend"]


found = table(fleet.telemetry, outage_began)
stormy.reveal("a" if found > 3 else "b", f"It is {found:.1f}.")
fleet.close()

# %% [markdown]
# In the storm the killers are hardly to be told from their victims. While both replicas are
# down, requests queue up at the port, the deadly ones among them. The next process to start
# is killed by a request that was sent a second or more before, surrounded by a hundred
# others. Load and retries have blurred the order of cause and effect.
#
# ## A quiet replica
#
# So make it quiet: one replica, little traffic, no retries, and a restart without delay. On
# a real system you would take one server out of the rotation and send it a copy of some of
# the traffic.

# %%
quiet = Fleet(Release.named("bad"), replicas=1, first_backoff_s=0.0)
view = LiveView(quiet)
quiet.start_traffic(Load(rate=20, malformed=0.03, seed=4, retries=Retries(retries=0)))
view.watch(seconds=20, title="One quiet replica of June's release")

# %%
table(quiet.telemetry, since=0)
quiet.close()

# %% [markdown]
# Now it stands out. The requests that name no backend are followed by a death several times
# as often as others, and nothing else in the table is.
#
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
