# %% [markdown]
# # 08 · The cascade
#
# **July, the review.** One request could end a process. That alone does not take an API away
# from *all* its users for 90 minutes. What did the rest?
#
# *About 25 minutes, then [exercise 08](../../exercises/08_cascade/08_cascade.ipynb) with 35
# more.*
#
# Afterwards you can
#
# - compute what retries multiply a load by,
# - write a retry policy that backs off, spreads out and keeps to a budget,
# - shed load at the edge, early and cheaply.
#
# Two questions to keep in mind: *what keeps the service down once the cause has gone*, and
# *who could stop that*?

# %% [markdown]
# ## One request, and clients that insist
#
# The service of this module has a bound that June's had, too, somewhere: a look-up takes a
# tenth of a second, and a replica does two at a time. Two replicas look up 40 headers a
# second. Sixteen requests a second will come. June's fault is put back in one line: a header
# that cannot be resolved ends the process.

# %%
import random

from course.outage import Release
from course.outage.traffic.load import Load
from course.outage.traffic.retries import DISCIPLINED, NAIVE
from course.panel import Prediction, Stage, goodput, recall

narrow = Release.named("narrow")
RESOLVES = """
                return resolve(header)
"""
ENDS_THE_PROCESS = """
                try:
                    return resolve(header)
                except Exception:
                    os._exit(1)
"""


def changed(name, release, module, old, new, imports=""):
    """`release`, with a few lines of one module replaced."""
    edited = release.called(name).edited(module, old, new)
    return edited.replace(module, imports + edited.source(module))


june = changed(
    "narrow, with June's fault",
    narrow,
    "directory.py",
    RESOLVES,
    ENDS_THE_PROCESS,
    "import os\n",
)
print(narrow.source("directory.py", since="class Directory"))

# %% [markdown]
# In the next 18 seconds there will be exactly *one* malformed request. The clients are of
# the sort that many a first version is: no answer within half a second, so try again, at
# once, up to nine times.
#
# **Predict.** The malformed request comes after about four seconds. When are users served
# again?

# %%
after = Prediction.named("08 naive")
after.show()

# %%
# Of 400 requests one is malformed; this seed makes it the 55th.
POISON = {"rate": 16, "malformed": 1 / 400, "seed": 14}
PATIENCE_S = 0.5
stage = Stage("08")


def run(label, release, retries, seconds=18):
    """Two replicas under the same traffic; the clients differ."""
    with stage.run(label, release, first_backoff_s=1.0) as run:
        run.fleet.start_traffic(Load(**POISON, retries=retries))
        run.watch(seconds, label)
    stage.close()
    return run


def fatal(run):
    """When the malformed request was due."""
    return next(t.due for t in run.telemetry.tries if t.malformed)


def calm_before(run):
    """Whether all was well before: if not, this machine is what has been seen."""
    return run.served(0, fatal(run), PATIENCE_S) > 0.9 and run.deaths(fatal(run))


naive = run("naive clients", june, NAIVE)


# %%
def when_served_again(run):
    since, until = fatal(run), run["ended"] - 1.5
    # For good: a second in which a process has come back with an empty queue is none.
    times = [since + step / 2 for step in range(2, 21)]
    back = next((t for t in times if run.served(t, until, PATIENCE_S) > 0.9), None)
    key = "c" if back is None else "a" if back - since < 2 else "b"
    over = any(t.malformed and t.last for t in run.telemetry.tries)
    tells = calm_before(run) and over and run.telemetry.ready() == 2
    return key if tells else None, (
        f"The malformed request was due at second {since:.1f};"
        f" {run.served(0, since, PATIENCE_S):.0%} were served before it,"
        f" {run.served(until - 5, until, PATIENCE_S):.0%} in the last five seconds;"
        f" {len(run.deaths())} processes died."
    )


after.reveal_from(when_served_again, naive)

# %% [markdown]
# Such a state has a name: a *metastable failure*. A trigger pushes a system into a state that keeps
# itself up after the trigger has gone. It goes round like this: requests wait, so
# clients give up and try again; the service does not know that they have given up, and works
# for nobody; so requests wait.
#
# ## What a retry costs
#
# If each try fails with probability *p* and a client makes at most *n*, then it makes
# 1 + p + p² + … tries on average, with *n* terms: (1 − pⁿ) / (1 − p). That is harmless while
# *p* is small, and *n* when everything fails. Computed, then seen:

# %%
told = naive.telemetry
lost = fatal(naive) + 2, naive["ended"] - 6
due = [t for t in told.tries if lost[0] <= t.due < lost[1]]
requests = max(1, sum(t.number == 1 for t in due))
p, n = sum(t.outcome != "ok" for t in due) / max(1, len(due)), 1 + NAIVE.retries
print(
    f"share of tries that failed: {p:.3f}; computed: {(1 - p**n) / (1 - p + 1e-9):.1f}"
)
print(f"seen: {len(due)} tries of {requests} requests: {len(due) / requests:.1f}")

# %% [markdown]
# When every try fails, sixteen requests a second are 160, of which the service can do 40. It
# could have done the sixteen.
#
# With layers it gets worse, because each layer takes the failures of the one below for
# reasons to try again. Five layers with three tries each multiply the load on the lowest by
# 3⁵ = 243 (AWS's own example). The consequence: *retry at one layer*, the one that knows
# what the request is for.
#
# And retry only what may be done twice. The orders API is safe there: clients choose the id,
# so the second PUT of an order replaces the first (it is *idempotent*). A POST that takes
# money from an account is not, unless it carries a key by which the server knows it again.
#
# ## Clients that help
#
# Four rules, each against one thing that you have seen:
#
# | rule | against |
# |---|---|
# | at most 3 tries, none after a 4xx | the factor of ten |
# | exponential backoff, capped | hammering at what is just coming back |
# | full jitter: wait between 0 and the backoff | everybody coming back at the same moment |
# | a budget: retries are at most 10% of requests | everything failing at once |
#
# The last one matters most, and is left out most often. The first three make a retry polite;
# only the budget bounds what all of them together cost: when everything fails, a load of
# 100% becomes 110%, and not 300%. Jitter, on a small scale: a hundred clients that were cut
# off at the same moment, and when they come back.

# %%
from collections import Counter

rng = random.Random(5)
backoff_s = 0.8
for name, waits in {
    "backoff": [backoff_s for _ in range(100)],
    "half jitter": [backoff_s / 2 + rng.uniform(0, backoff_s / 2) for _ in range(100)],
    "full jitter": [rng.uniform(0, backoff_s) for _ in range(100)],
}.items():
    tenths = Counter(min(7, int(wait * 10)) for wait in waits)
    most = max(tenths.values())
    print(f"{name:12}", [tenths[n] for n in range(8)], "at most", most, "in 0.1 s")

# %% [markdown]
# **Predict.** The same traffic, the same malformed request; the clients keep to the four
# rules.

# %%
polite = Prediction.named("08 disciplined")
polite.show()

# %%
disciplined = run("disciplined clients", june, DISCIPLINED)


# %%
def how_it_ends(run):
    since, until = fatal(run), run["ended"] - 1.5
    worst = min(run.served(since + n, since + n + 1, PATIENCE_S) for n in range(4))
    end = run.served(until - 5, until, PATIENCE_S)
    key = "c" if worst > 0.9 else "b" if end > 0.9 else "a"
    return key if run.deaths(since) else None, (
        f"{len(run.deaths())} processes died; in the worst second {worst:.0%} of valid"
        f" requests were served, in the last five {end:.0%}."
    )


polite.reveal_from(how_it_ends, disciplined)
goodput("One malformed request", naive, disciplined)

# %% [markdown]
# ## A server that says no
#
# You own the server and rarely all the clients. So the server has to stay useful under a load
# that it cannot serve. It must not take on what it could only answer too late: better six
# requests in progress and a quick **503 with Retry-After** for the seventh than forty that all
# come too late. To refuse must cost next to nothing, so it happens at the edge, before
# anything is parsed, looked up or waited for.
#
# For comparison, a bound in one line, in the wrong place and with a wrong answer (yours, in
# the exercise, is a middleware that does it right): the directory takes no question when six
# are under way.

# %%
FINDS = """
        with self.waiting.track_inprogress():
"""
BOUNDED = """
        if self.under_way >= 6:
            raise HTTPException(503, "busy", headers={"Retry-After": "1"})
        self.under_way += 1
        try:
            return await self._find(header)
        finally:
            self.under_way -= 1

    under_way = 0

    async def _find(self, header: bytes) -> Backend:
        with self.waiting.track_inprogress():
"""
bounded = changed(
    "a bound in the directory",
    june,
    "directory.py",
    FINDS,
    BOUNDED,
    "from fastapi import HTTPException\n",
)
shedding = run("naive clients, a server that sheds", bounded, NAIVE)

# %%
shed = Prediction.named("08 shedding")
shed.reveal_from(how_it_ends, shedding)
goodput("The same malformed request, three times", naive, disciplined, shedding)

# %% [markdown]
# ## Alive, ready, busy
#
# An orchestrator asks two questions, and they are not the same:
#
# | probe | asks | if it fails | must not depend on |
# |---|---|---|---|
# | **liveness** | would a restart help? | the process is killed and started again | databases, other services, load |
# | **readiness** | should requests come here now? | traffic goes to the other replicas | whatever all replicas share |
#
# A liveness probe that asks the database turns one slow database into a fleet that restarts
# for ever. A readiness probe that fails under load hands that load to the next replica, which
# then fails its own: the last one gets it all. A busy replica is alive *and* ready; it sheds.
# That is why the exercise's server never refuses a health check.
#
# ## Requests that kill
#
# Retries and load are one half of the cascade. The other is that the *same* request went from
# replica to replica. In June nothing remembered what had been tried. A request that ends
# whoever touches it is called a *poison pill*, and the cure is to notice that it does: put it
# aside after a try or two, where people can look at it, and go on with the rest (queues call
# that place a dead-letter queue). A crash wipes the process's memory, so the note must be
# outside of it.

# %%
quarantine = Release.named("quarantine")
print(quarantine.source("quarantine.py", since="@contextmanager"))

# %%
LOOKS_UP = """
    return await directory.find(dict(request.headers.raw).get(ROUTE_HEADER, b""))
"""
TRANSLATED = """
    try:
        return await directory.find(dict(request.headers.raw).get(ROUTE_HEADER, b""))
    except Quarantined as exc:
        raise HTTPException(422, "set aside: it has ended a process") from exc
"""
MARKED = """
                with marked(header):
                    try:
                        return resolve(header)
                    except Exception:
                        os._exit(1)
"""
IMPORT = "import os\nfrom course.service.quarantine import Quarantined, marked\n"
aside = changed("", narrow, "directory.py", RESOLVES, MARKED, IMPORT)
aside = changed("with a quarantine", aside, "app.py", LOOKS_UP, TRANSLATED, IMPORT)
aside = aside.replace("quarantine.py", quarantine.source("quarantine.py"))
set_aside = run("naive clients, a quarantine", aside, NAIVE, seconds=12)


# %%
def answers(run):
    return [t.status or t.outcome for t in run.telemetry.tries if t.malformed]


def what_it_costs(without, with_one):
    key = "a" if answers(with_one)[-1:] == [422] else "b"
    return key, "; ".join(
        f"{run.name}: processes that died: {len(run.deaths())}; the malformed request"
        f" got {answers(run)}"
        for run in (without, with_one)
    )


quarantined = Prediction.named("08 quarantine")
quarantined.reveal_from(what_it_costs, naive, set_aside)

# %% [markdown]
# Mind that this is a net under a bug, with a door of its own for abuse (whoever can make a
# process die can have a request set aside), and a reason for somebody to look. It is not the
# repair.
#
# ## Breakers, bulkheads, fallbacks
#
# Four more tools that you will be offered at this point, each with its price:
#
# | tool | what it does | mind |
# |---|---|---|
# | **bulkhead** | a pool of its own for each dependency or customer, so that one cannot use up all | idle places in one pool do not help another |
# | **circuit breaker** | stops calling what fails, for a while | a second mode that is hard to test; one bad shard opens it for all. A retry budget gives most of the protection without a mode |
# | **fallback** | an answer from somewhere else | runs only in trouble, so nobody knows whether it works, and it may take down what it falls back on |
# | **fail open / fail closed** | what a check does when it cannot be asked | a rate limiter should let through, a permission check must refuse. Decide before |
#
# ## Recall

# %%
recall("08")

# %% [markdown]
# ## Take home
#
# - A trigger starts an outage; retries keep it. Look for what keeps it.
# - At most 3 tries, at one layer, with full jitter, within a budget of 10%.
# - A server that refuses early serves more.
# - Liveness asks whether a restart helps. Being busy is no illness.
#
# **Next:** [exercise 08 · The cascade](../../exercises/08_cascade/08_cascade.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - N. Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021.
# - M. Brooker, "Timeouts, retries, and backoff with jitter", and J. MacCárthaigh's and
#   others' articles beside it in the Amazon Builders' Library: the 243 times, jitter, and
#   "Avoiding fallback in distributed systems".
# - B. Beyer et al., *Site Reliability Engineering*, chapters 21 ("Handling Overload": at
#   most three attempts, a client retry ratio below 10%) and 22 ("Addressing Cascading
#   Failures").

# %%
from course.panel import lesson_done

lesson_done("08")
