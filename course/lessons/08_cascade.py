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

from course.outage import Fleet, Release
from course.outage.clients import DISCIPLINED, NAIVE
from course.outage.traffic import Load
from course.panel import LiveView, Prediction, goodput, recall

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
    source = release.source(module)
    assert old in source
    return release.replace(name, {module: imports + source.replace(old, new)})


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
after = Prediction(
    "One malformed request, naive clients. Over 90% of valid requests succeed again, for good, ...",
    [
        "within two seconds: the other replica takes over",
        "within ten seconds: as soon as both processes are back",
        "not at all in these 18 seconds",
    ],
)
after.show()

# %%
# Of 400 requests one is malformed; this seed makes it the 55th.
POISON = {"rate": 16, "malformed": 1 / 400, "seed": 14}
told = {}


def run(label, release, retries, seconds=18):
    """Two replicas under the same traffic; the clients differ."""
    with Fleet(release, replicas=2, first_backoff_s=1.0) as fleet:
        fleet.start_traffic(Load(**POISON, retries=retries))
        LiveView(fleet).watch(seconds, title=label)
    told[label] = fleet.telemetry
    return fleet.telemetry


def served(telemetry, since, until):
    """The share of valid requests due in that time that were answered within 0.5 s."""
    tries = telemetry.tries
    due = {t.due for t in tries if not t.malformed and since <= t.due < until}
    good = {t.due for t in tries if t.outcome == "ok" and t.latency_s <= 0.5}
    return len(due & good) / len(due)


naive = run("naive clients", june, NAIVE)

# %%
fatal = next(t.due for t in naive.tries if t.malformed)
# For good: a second in which a process has come back with an empty queue is none.
times = [fatal + step / 2 for step in range(2, 21)]
back = next((t for t in times if served(naive, t, 16.5) > 0.9), None)
after.reveal(
    "c" if back is None else "a" if back - fatal < 2 else "b",
    f"The malformed request was due at second {fatal:.1f}; {len(naive.exits())} processes"
    f" died; in the last five seconds {served(naive, 12, 17):.0%} were served.",
)

# %% [markdown]
# Look at the second half of the chart. The malformed request has been given up. Both
# processes live. Nothing is wrong with the service any more, and it serves nobody.
#
# This has a name: a *metastable failure*. A trigger pushes a system into a state that keeps
# itself up after the trigger has gone. Here it goes round like this: requests wait, so
# clients give up and try again; the service does not know that they have given up, and works
# for nobody; so requests wait.
#
# ## What a retry costs
#
# If each try fails with probability *p* and a client makes at most *n*, then it makes
# 1 + p + p² + … tries on average, with *n* terms: (1 − pⁿ) / (1 − p). That is harmless while
# *p* is small, and *n* when everything fails. Computed, then seen:

# %%
lost = (fatal + 2, 16)
due = [t for t in naive.tries if lost[0] <= t.due < lost[1] - 6]
requests = sum(t.number == 1 for t in due)
p, n = sum(t.outcome != "ok" for t in due) / len(due), 1 + NAIVE.retries
print(
    f"share of tries that failed: {p:.3f}; computed: {(1 - p**n) / (1 - p + 1e-9):.1f}"
)
print(f"seen: {len(due)} tries of {requests} requests: {len(due) / requests:.1f}")

# %% [markdown]
# So sixteen requests a second are up to 160, of which the service can do 40. It could have
# done the sixteen.
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
polite = Prediction(
    "With disciplined clients, the service ...",
    [
        "stays down as well: the processes die all the same",
        "is back a few seconds after the processes are",
        "does not go down at all",
    ],
)
polite.show()

# %%
disciplined = run("disciplined clients", june, DISCIPLINED)

# %%
worst = min(served(disciplined, t, t + 1) for t in (4, 5, 6, 7))
end = served(disciplined, 12, 17)
polite.reveal(
    "c" if worst > 0.9 else "b" if end > 0.9 else "a",
    f"{len(disciplined.exits())} processes died; in the worst second {worst:.0%} of valid"
    f" requests were served, in the last five {end:.0%}.",
)
goodput("One malformed request", told)

# %% [markdown]
# The trigger was the same, and so were the deaths, nearly. What is different is that the
# outage ends.
#
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
print(f"served in the last five seconds: {served(shedding, 12, 17):.0%}")
goodput("The same malformed request, three times", told)

# %% [markdown]
# Naive clients, and the service comes back. Whoever is refused is told within milliseconds,
# and whoever is taken on is served in time. Nobody waits in a queue that is longer than their
# patience.
#
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
aside = aside.replace("with a quarantine", quarantine.modules)
set_aside = run("naive clients, a quarantine", aside, NAIVE, seconds=12)

# %%
for name, told_of in (("without", naive), ("with", set_aside)):
    answers = [t.status or t.outcome for t in told_of.tries if t.malformed]
    print(
        f"{name} a quarantine: processes that died: {len(told_of.exits())};",
        f"the malformed request got {answers}",
    )

# %% [markdown]
# The first try costs a process, and the second is refused. But mind: this is a net under a bug, with a door of its own for
# abuse (whoever can make a process die can have a request set aside), and a reason for
# somebody to look. It is not the repair.
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
