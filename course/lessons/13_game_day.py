# %% [markdown]
# # 13 · Game day
#
# **Any day, 14:00.** The next outage will not be June's. What stays the same is
# the order in which you do things, and what you do when it is over. This lesson
# goes through one outage with somebody at your side. In the exercise you get
# another one, and nobody.
#
# *About 30 minutes. Then [exercise
# 13](../../exercises/13_game_day/13_game_day.ipynb), another 60.*
#
# Afterwards you can
#
# - lead an outage that nobody has seen before: mitigate, find, fix, and say
#   what you do,
# - tell by a few signals which sort of failure you look at,
# - write a postmortem that is blameless and has consequences.
#
# Keep two questions in mind: *what do I know, and since when*, and *what ends
# this for users, before I understand it*?

# %% [markdown]
# ## In which order
#
# June again, this time by where the minutes went:

# %%
from itertools import pairwise

from course.outage.incident.june import TIMELINE

steps = list(TIMELINE.items())
for (since, event), (until, _) in pairwise(steps):
    print(f"{until - since:3} min  from {since:2}:  {event}")

# %% [markdown]
# It took two minutes to see that it was real, then ten in the logs, then ten
# more on the database. The repair came after 45 minutes, normal error rates
# after 60, and full service after 90. The postmortem names nothing that anybody
# tried before the *cause* was known. This order keeps users in view:
#
# 1. **Call it an outage.** One line in a channel, with the time. Whoever reads
#    it later will thank you, and that is most likely you.
# 2. **Ask how bad it is.** Who is hurt, how many, and since when.
# 3. **Make it stop** with what you have: roll back, restart, shed load, block
#    what comes in. You do not need to know why.
# 4. **Find out** what it is, with hypotheses that can fail.
# 5. **Fix it**, verify that it is over, and say so.
# 6. **Learn.** Tomorrow, with everybody.
#
# In a larger outage one person leads and does not type, one types, and one
# tells the others. This is called *incident command*. Alone you are all three,
# so write down what you do before you do it.
#
# ## Five questions to a dead service
#
# The release *drill* is the orders API with a directory behind it. Each replica
# asks the directory over four sessions. This morning somebody deployed a new
# `lookups.py`. For five seconds, all is well. Then one request in ninety is
# malformed.

# %%
from autograder.learning.game_day import GameDay, Outage
from course.outage import Release
from course.panel import Stage

release = Release.named("morning")
stage = Stage("13", minutes_per_s=1 / 60)
day = GameDay(Outage(0, release.source("lookups.py")), malformed=1 / 90)
with stage.run("morning", day.fleet) as morning:
    day.note("a release has gone out; I watch")
    morning.watch(18, "This morning's release")

# %% [markdown]
# Before you look at anything else:

# %%
from course.panel import predict

holds = predict("13 holds")

# %% [markdown]
# Ask five questions, in this order. Each costs seconds, and excludes more than
# it costs:
#
# | question | if yes | if no |
# |---|---|---|
# | **Do processes die?** | a task that nobody owns, or an exit: read the last words and the exit code | something lives and does not serve |
# | **Does `/healthz` answer, and at once?** | the event loop runs: requests *wait* for something, or are refused | the loop is blocked: something computes or sleeps in it |
# | **Do clients get an answer?** | 5xx at once: something refuses everybody. 4xx for valid requests: something mistakes right for wrong | they give up waiting for what never comes |
# | **Is everything held?** sessions, connections, places, locks | some path does not give back | requests wait *before* they take one |
# | **Does the work go on?** the counter of questions to what lies behind | faster than requests arrive: somebody tries again and again | nobody works, or nobody is let through |

# %%
from course.outage.requests import http_request

VALID = http_request(b'{"region": "eu-west", "shard": 3}')
HEALTH = http_request(None, path="/healthz")
with stage.run("questions", day.fleet) as questions:
    health = day.fleet.send(HEALTH)
    # Until both replicas have met a malformed request.
    questions.telemetry.wait_for(lambda t: not t.success(t.now - 5, t.now - 2.5), 20)
print(f"/healthz: {health}")
day.metrics()  # status 0: the client had gone before there was an answer

# %%
holds.reveal(morning, questions)

# %% [markdown]
# The exercise draws from ten outages. These five questions tell each of them
# from most of the others.
#
# ## Back, and for how long
#
# You do not know the cause, and users have been waiting for half a minute. What
# does a restart do?

# %%
back = predict("13 back")

# %%
day.note(f"/healthz: {health}, and users are not served; a restart may help")
with stage.run("restarted", day.fleet) as restarted:
    day.fleet.restart()
    day.note("restarted both replicas, one after the other")
    restarted.watch(12, "After a restart")

# %%
back.reveal(restarted)

# %% [markdown]
# A restart is a mitigation *and* a measurement. For the next one, keep the
# traffic away. Send one kind of malformed request after another, each to a
# fresh replica:

# %%
import random

from course.outage.requests import MALFORMED, malformed

day.fleet.stop_traffic()
deadly = []
for kind in MALFORMED:
    day.fleet.restart()
    raws = VALID, malformed(random.Random(1), kind)[1], VALID
    first, answer, then = (day.ask(raw) for raw in raws)
    print(f"{kind:20} valid: {first}, malformed: {answer}, valid: {then}")
    if first.outcome == "ok" and then.outcome == "timeout":
        deadly.append(kind)
day.note(
    f"cause: after one malformed request ({len(deadly)} of {len(MALFORMED)} kinds) a"
    " replica answers nothing more"
)

# %% [markdown]
# The right answer to a malformed request is 400. An unknown region gets a 503,
# because the directory asks around until the time limit ends that. Where a
# request is answered as it should be, and the valid one after it gets nothing,
# the harm lies in what the malformed request leaves behind.
#
# ## The fix
#
# Now read the module, with a question: *what happens on the way out, when
# `find()` raises?*

# %%
print(release.source("lookups.py", since="    async def lookup"))

# %% [markdown]
# The lock is taken before everything else, and given back only after success.
# The session beside it is handled correctly, so somebody knew how. A diff that
# shows only the lock looks complete. A test that sends one malformed request to
# one process, and nothing after it, passes.
#
# **Your turn.** Two lines go, and one changes. Write down which before you read
# the edits below; you may put your own in their place. The cell lets the
# traffic back in and shows whether the fix holds.

# %%
mending = predict("13 mended")

# %%
fixed = (
    day.fleet.release.called("the fix")
    .edited("lookups.py", "        await self._turn.acquire()\n", "")
    .edited("lookups.py", "timeout(WITHIN_S):", "timeout(WITHIN_S), self._turn:")
    .edited("lookups.py", "            self._turn.release()\n", "")
)
day.fleet.deploy(fixed)
day.note("deployed the fix")
with stage.run("mended", day.fleet) as mended:
    day.fleet.start_traffic(day.panel.load)
    mended.watch(13, "With the fix")

# %%
mending.reveal(mended)

# %% [markdown]
# *Verified* means that users are served, under the same traffic, for a while.
# Then say so, with the time. The timeline writes itself:

# %%
day.timeline()

# %%
day.debrief()

# %%
day.close()

# %% [markdown]
# ## The postmortem
#
# Its readers were not there, and want to know what to change.

# %%
words = predict("13 words")

# %%
words.reveal()

# %% [markdown]
# A postmortem has six fields. Here is June's, as somebody might have written
# it:
#
# | field | for June |
# |---|---|
# | **summary** | From 14:00 to 15:30 UTC the API was down. A deployment had moved route look-ups into a task whose failure ends the process. Malformed requests made it fail, and clients tried again until no replica was left. |
# | **impact** | All users, 90 minutes; 208% of the month's error budget. |
# | **timeline** | "14:25 The logs point at request routing. 14:30 We hand over to the backend team." |
# | **contributing causes** | Nothing caught the exception there. And: no test sent a malformed request; the review saw moved code, not the handler it had left; the release met every server at once; the alert could say "errors" and not where. |
# | **response** | Well: the database was ruled out by its own numbers. Badly: no mitigation before the cause was known. Lucky: the malformed requests did no harm to the data. |
# | **actions** | Byte-level tests in CI; an alert on routing failures; canaries. Each with an owner and a date. |
#
# *(Times, impact and causes are June's. The wording and the whole response are
# made up for this table.)*
#
# An **action** has to pass three tests. Could somebody say on a given day
# whether it is done? "Be more careful with exceptions" fails that one. Would it
# have changed this outage? And is there one of each sort: one that *prevents*
# it, one that *detects* it sooner, and one that *shortens* the next outage that
# you did not foresee?
#
# There is no single root cause, and looking for one ends the search too early.
# June had a missing handler, *and* tests, *and* a review, *and* a rollout,
# *and* an alert. Had any one of them held, it would have been a Wednesday like
# any other.
#
# ## Recall

# %%
from course.panel import recall

recall("13")

# %% [markdown]
# ## Take home
#
# - Make it stop, then find out. A restart also measures.
# - Five questions: deaths, health, answers, what is held, whether work goes on.
# - Give back on every path what you have taken. Read modules for their ways
#   out.
# - A postmortem says what people saw, and ends in dates.
#
# The whole course on one page: [the handler's
# checklist](../../../course/checklist.md).
#
# **Next:** [exercise 13 · Game
# day](../../exercises/13_game_day/13_game_day.ipynb).
#
# ## Sources
#
# - The facts of the incident: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - B. Beyer et al., *Site Reliability Engineering*, chapters 14 ("Managing
#   Incidents") and 15 ("Postmortem Culture: Learning from Failure").
# - J. Allspaw, "Blameless PostMortems and a Just Culture", Etsy, 2012.
# - R. Cook, "How Complex Systems Fail", 1998: no single cause, and hindsight.
# - Python's documentation of `asyncio.Lock`: `async with` rather than acquire
#   and release.
