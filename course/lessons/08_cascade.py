# %% [markdown]
# # 08 · The cascade
#
# **July, the review.** One request could end a process. That alone does not
# take an API away from *all* its users for 90 minutes. What did the rest?
#
# *About 25 minutes, then
# [exercise 08](../../exercises/08_cascade/08_cascade.ipynb) with 35 more.*
#
# Afterwards you can
#
# - compute what retries multiply a load by,
# - write a retry policy that backs off, spreads out and keeps to a budget,
# - shed load at the edge, early and cheaply.
#
# Keep two questions in mind: *what do clients do when they get no answer*, and
# *who could stop them?*

# %% [markdown]
# ## One request, and clients that insist
#
# The service of this module has a bound, as June's had somewhere. A look-up
# takes a tenth of a second, and a replica does two at a time, so two replicas
# look up 40 headers a second. Sixteen requests a second will come. June's fault
# is back in one place: a header that cannot be resolved ends the process.

# %%
from course.outage import Release

june = Release.named("fatal")
print(june.source("directory.py", since="async def find"))

# %% [markdown]
# The next 18 seconds bring exactly *one* malformed request, after about four
# seconds. The clients behave like many a first version: without an answer in
# half a second they try again, at once, up to nine times.

# %%
from course.panel import predict

after = predict("08 naive")

# %%
from course.outage.traffic.load import Load
from course.outage.traffic.retries import DISCIPLINED, NAIVE
from course.panel import Stage

# Of 400 requests one is malformed; this seed makes it the 55th.
POISON = {"rate": 16, "malformed": 1 / 400, "seed": 14}
stage = Stage("08")


def run(label, release, retries, seconds=18):
    """Two replicas under the same traffic; the clients differ."""
    with stage.run(label, release, first_backoff_s=1.0) as run:
        run.fleet.start_traffic(Load(**POISON, retries=retries))
        run.watch(seconds, label)
    stage.close()
    return run


naive = run("naive clients", june, NAIVE)


# %%
after.reveal(naive)

# %% [markdown]
# ## What a retry costs
#
# If each try fails with probability *p* and a client makes at most *n* of them,
# it makes 1 + p + p² + … tries on average, with *n* terms. In closed form that
# is (1 − pⁿ) / (1 − p). It is harmless while *p* is small, and *n* when
# everything fails. First computed, then counted in the run above:

# %%
tries = naive.tries(naive["ended"] - 12, naive["ended"] - 6)
requests = sum(t.number == 1 for t in tries)
p, n = sum(t.outcome != "ok" for t in tries) / len(tries), 1 + NAIVE.retries
print(f"share of tries that failed: {p:.3f}")
print(f"computed: {sum(p**k for k in range(n)):.1f} tries for each request")
print(f"seen: {len(tries)} tries of {requests} requests: {len(tries) / requests:.1f}")

# %% [markdown]
# When every try fails, sixteen requests a second become 160. The service can do
# 40. It could have done the sixteen.
#
# With layers it gets worse, because each layer takes the failures of the one
# below as a reason to try again. Five layers with three tries each multiply the
# load on the lowest by 3⁵ = 243 (AWS's own example). So *retry at one layer*,
# the one that knows what the request is for.
#
# And retry only what may be done twice. The orders API is safe there: clients
# choose the id, so the second PUT of an order replaces the first (it is
# *idempotent*). A POST that takes money from an account is not, unless it
# carries a key by which the server recognizes it.
#
# ## Clients that help
#
# Four rules, each against one thing that you have seen:
#
# | rule | against |
# |---|---|
# | at most 3 tries, none after a 4xx | the factor of ten |
# | exponential backoff, capped | hammering at what is only coming back |
# | full jitter: wait between 0 and the backoff | everybody coming back at the same moment |
# | a budget: retries are at most 10% of requests | everything failing at once |
#
# The last rule matters most, and it is the one most often left out. The first
# three make a retry polite. Only the budget bounds what all retries together
# cost: when everything fails, a load of 100% becomes 110%, and not 300%.
#
# Here is jitter on a small scale. A hundred clients were cut off at the same
# moment; this is when they come back.

# %%
import random
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
# Now the same traffic with the same malformed request, and clients that keep to
# the four rules.

# %%
polite = predict("08 disciplined")

# %%
disciplined = run("disciplined clients", june, DISCIPLINED)

# %%
polite.reveal(disciplined)

# %%
from course.panel import goodput, show_diff

goodput("One malformed request", naive, disciplined)

# %% [markdown]
# ## A server that says no
#
# You own the server, and rarely all of its clients. So the server has to stay
# useful under a load that it cannot serve. It can refuse what it could only
# answer too late, with a quick **503 with Retry-After**. Refusing must cost
# next to nothing, so it happens at the edge, before anything is parsed, looked
# up or waited for.
#
# To see what that does, take a bound of a few lines in the wrong place: the
# directory takes no question while six are under way. In the exercise you do it
# right, with a middleware.

# %%
bounded = Release.named("bounded")
show_diff(bounded.diff(june))

# %% [markdown]
# The clients are the naive ones again.

# %%
shed = predict("08 shedding")

# %%
shedding = run("naive clients, a server that sheds", bounded, NAIVE)

# %%
shed.reveal(shedding)

# %%
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
# A liveness probe that asks the database turns one slow database into a fleet
# that restarts forever. A readiness probe that fails under load hands that load
# to the next replica, which then fails its own, until the last one gets it all.
# A busy replica is alive *and* ready; it sheds. That is why the exercise's
# server never refuses a health check.
#
# ## Requests that kill
#
# Retries and load are one half of the cascade. The other half: the *same*
# request went from replica to replica, and nothing remembered what it had done.
# A crash wipes the process's memory, so such a note must be kept outside of it.
# The release *quarantine* keeps it on disk, as a mark for each header that a
# process is working on:

# %%
quarantine = Release.named("quarantine")
print(quarantine.source("quarantine.py", since="@contextmanager"))

# %% [markdown]
# The directory resolves each header inside `with marked(header):`. The API
# answers `Quarantined` with a 422.

# %%
quarantined = predict("08 quarantine")

# %%
set_aside = run("naive clients, a quarantine", quarantine, NAIVE, seconds=12)

# %%
quarantined.reveal(naive, set_aside)

# %% [markdown]
# A quarantine is a net under a bug, not the repair. It opens a door for abuse:
# whoever can make a process die can have a request set aside. And it gives
# somebody a reason to look.
#
# ## Breakers, bulkheads, fallbacks
#
# At this point somebody will offer you four more tools. Each has its price:
#
# | tool | what it does | mind |
# |---|---|---|
# | **bulkhead** | a pool of its own for each dependency or customer, so that one cannot use up everything | idle places in one pool do not help another |
# | **circuit breaker** | stops calling what fails, for a while | a second mode that is hard to test; one bad shard opens it for all. A retry budget gives most of the protection without a mode |
# | **fallback** | an answer from somewhere else | runs only in trouble, so nobody knows whether it works, and it may take down what it falls back on |
# | **fail open / fail closed** | what a check does when it cannot be asked | a rate limiter should let requests through, a permission check must refuse. Decide in advance |
#
# ## Recall

# %%
from course.panel import recall

recall("08")

# %% [markdown]
# ## Take home
#
# - A trigger starts an outage; retries keep it going. Look for what keeps it
#   going.
# - At most 3 tries, at one layer, with full jitter, within a budget of 10%.
# - A server that refuses early serves more.
# - Liveness asks whether a restart helps. Being busy is not an illness.
#
# **Next:**
# [exercise 08 · The cascade](../../exercises/08_cascade/08_cascade.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - N. Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021.
# - M. Brooker, "Timeouts, retries, and backoff with jitter", and J.
#   MacCárthaigh's and others' articles beside it in the Amazon Builders'
#   Library: the 243 times, jitter, and "Avoiding fallback in distributed
#   systems".
# - B. Beyer et al., *Site Reliability Engineering*, chapters 21 ("Handling
#   Overload": at most three attempts, a client retry ratio below 10%) and 22
#   ("Addressing Cascading Failures").
