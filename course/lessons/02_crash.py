# %% [markdown]
# # 02 · Read the crash
#
# **5 June 2024, 14:05 UTC.** You have confirmed the outage. Now you open the
# logs of the API servers, and they are full.
#
# *About 25 minutes, then [exercise 02](../../exercises/02_crash/02_crash.ipynb)
# with 25 more.*
#
# Afterwards you can
#
# - predict whether an exception is survived, becomes a 500, ends the process,
#   or hangs,
# - find the frame where an exception was raised and the frame that should have
#   stopped it,
# - find the root cause in chains and groups of exceptions.
#
# Keep two questions in mind: *which task did this exception end?* And *who was
# waiting for that task?*

# %% [markdown]
# ## A spike of 500s
#
# June's release again, on two replicas, with 1% malformed requests from the
# start:

# %%
from course.outage import Fleet, OutageError, Release
from course.outage.traffic.load import Load
from course.panel import Stage, show_traceback

stage = Stage("02")
with stage.run("spike", Release.named("bad")) as spike:
    spike.fleet.start_traffic(Load(rate=60, malformed=0.01, seed=5))
    spike.watch(12, "June's release, 1% malformed")
    spike.telemetry.wait_for(lambda t: len(t.exits()) >= 3, within_s=20)
stage.close()

# %% [markdown]
# In an outage like this one, request after request leaves an error with a
# traceback in the log. In a hurry, you read the last lines of a traceback,
# because that is where Python prints the exception.

# %%
from course.panel import predict

most = predict("02 most")

# %%
most.reveal(spike)

# %%
from collections import Counter

from course.outage.telemetry.crashes import last_exception, tracebacks

errors = tracebacks(spike.telemetry)
for line, count in Counter(map(last_exception, errors)).most_common():
    print(f"{count:5} × {line}")
naming = sum("database query:" in text for text in errors)
print(f"{naming} of {len(errors)} name a database query.")

# %% [markdown]
# ## From the last line upwards
#
# A dying process has something to say, too. It says it on the way out, without
# a logger, so those lines are not JSON. Filter the log by `level`, and you
# never see them. Here are the last words of the first process that ended:

# %%
from course.outage.telemetry.crashes import last_words

first = spike.deaths()[0]
words = last_words(spike.telemetry, first.pid)
print(f"process {first.pid}, exit code {first.exit_code}, {len(words)} lines:\n")
show_traceback("\n".join(words))

# %% [markdown]
# Read it in three steps.
#
# **1. Start at the bottom.** The last exception inside the bars is the one that
# was raised first. It is one of those that a malformed header can cause. (Any
# lines after it without a bar are clean-up: threads that find their event loop
# gone.)
#
# **2. Find the origin:** the last frame that is *ours*. Libraries raise, but
# somebody called them with something:

# %%
from course.outage.telemetry.crashes import service_frames

frames = service_frames(words)
print("\n".join(frames))
print("\norigin:", frames[-1])

# %% [markdown]
# **3. Find the boundary:** the last frame on the way up where the exception
# still concerned *one* request. `resolve` works for one request. `dispatch`
# called it, and `dispatch` is a loop that works for all of them. An exception
# that gets past that call is no longer one request's problem.
#
# Nothing above it can help: `serve` waits for the task group, gets the group
# with the exception in it, handles nothing, and the process ends.
#
# ![Two drawings side by side. Left, the good release: resolve runs inside the
# box of one request, and its exception stops at that box and becomes a 500.
# Right, June's release: resolve runs inside the dispatcher, outside of every
# request; its exception passes through the dispatcher and the task group and
# ends the process, with all requests in it.](../figures/boundary.svg)
#
# Now the rest of the log falls into place. The dispatcher fails. Its task group
# cancels the server, and the server cancels every request in flight: one
# exception, and a traceback from each request it took along. Any of these shows
# it, if you read it from the *top*. Here is one without its frames:

# %%
from course.outage.telemetry.crashes import outline

for line in outline(max(errors, key=len)):
    print(line[:100])

# %% [markdown]
# "During handling of the above exception, another exception occurred": Python
# has kept the link. The upper traceback is the cause, the lower one the
# consequence.
#
# ## Eight ways to raise
#
# Why did *this* exception end the process, when an exception in a route never
# does? The release *raises* has one route for each way to raise. Its source is
# short and wrong on purpose:

# %%
raising = Release.named("raises")
source = raising.source("raises.py", since='@ways.get("/route")')
print(source.partition("# --- exercise 02")[0].strip())

# %% [markdown]
# The eighth way needs no route: an exception while the process starts.
#
# Commit to three answers before you run all eight.

# %%
sys_exit = predict("02 sys.exit")
background = predict("02 background")
orphan = predict("02 orphan")

# %%
from course.outage.fleet.failure import aftermath_of
from course.outage.requests import http_request

WAYS = ["route", "recursion", "sys_exit", "background", "task_group", "orphan"]
saw = {}
with Fleet(raising, replicas=1) as fleet:
    for way in (*WAYS, "os_exit"):
        saw[way] = aftermath_of(fleet, http_request(None, path=f"/raise/{way}"))
        print(f"{way:12} {saw[way]}")

broken = raising.called("raises at start").replace("raises.py", "{}['mars']")
try:
    Fleet(broken, replicas=1)
except OutageError as exc:
    print(f"{'startup':12} never ready; exit code {exc.exit_code}")

# %% [markdown]
# ## Which task, and who waits for it?
#
# Two questions explain all eight rows, and June's crash with them: *which task
# did the exception end*, and *who was waiting for that task?*

# %%
sys_exit.reveal(saw["sys_exit"])
background.reveal(saw["background"])
orphan.reveal(saw["orphan"])

# %% [markdown]
# That leaves two rows with no task at all. `os._exit` asks nobody. At startup
# there is no request yet that could fail, so the process does.
#
# June's dispatcher is a task of its own, like `orphan`. But somebody did wait
# for it: the task group in `serve`, which is to say the whole process.

# %% [markdown]
# ## Chains
#
# Exceptions remember each other. `raise … from exc` says "this is the cause"
# and sets `__cause__`. An exception raised while another one is being handled
# gets that one as its `__context__`, whether anybody intended it or not.
# `raise … from None` says "the context is an implementation detail, don't show
# it".


# %%
def parse(header):
    try:
        return header["region"]
    except KeyError as exc:
        raise LookupError("no backend") from exc


def handler_with_a_bug(header):
    try:
        return header["region"]
    except KeyError:
        return header.lower()  # wrong: a dict has no lower()


for function in (parse, handler_with_a_bug):
    try:
        function({})
    except (LookupError, AttributeError) as exc:
        print(f"{function.__name__}: {exc!r}")
        print(f"    cause   {exc.__cause__!r}")
        print(
            f"    context {exc.__context__!r}, suppressed: {exc.__suppress_context__}"
        )

# %% [markdown]
# The second one is the mean kind: an error in an error handler. You see the
# `AttributeError`. What you want to know is one step back.
#
# A note adds what the code knew at that moment, without a new exception. The
# service's store does that with `exc.add_note("database query: …")`. Python
# prints notes after the exception's own line.

# %% [markdown]
# ## Groups
#
# A task group waits for all its children, so several of them can fail. It
# raises one `ExceptionGroup` that holds them all. You can walk the tree or
# split it by type. In a handler, `except*` does the splitting: each clause
# takes its part of the group, and several clauses may run.

# %%
group = ExceptionGroup(
    "two look-ups failed",
    [
        KeyError("mars"),
        ExceptionGroup("shards", [ValueError("shard 9"), KeyError("pluto")]),
    ],
)
missing, rest = group.split(KeyError)
print("KeyErrors: ", repr(missing))
print("the others:", repr(rest))

try:
    raise group
except* KeyError as found:
    print("one handler got", repr(found))
except* ValueError as found:
    print("the other got  ", repr(found))

# %% [markdown]
# A plain `except KeyError` would have let this group pass: the group is not a
# `KeyError`, it contains some. So a boundary can move without anybody touching
# it, the day somebody else's code starts to use a task group.

# %% [markdown]
# ## Recall
#
# Two questions about module 01. Your answers finish the lesson.

# %%
from course.panel import recall

recall("02")

# %% [markdown]
# ## Take home
#
# - Read a traceback from its last exception upwards to find the *origin*. Read
#   on until you reach the frame that works for more than one request: the
#   *boundary*.
# - `CancelledError` in a log is a consequence. Look for what did the
#   cancelling.
# - An exception ends the task it is raised in. Ask who waits for that task.
# - Keep causes (`raise … from exc`), and read a printed traceback from the top
#   to find them.
#
# **Next:**
# [exercise 02 · Read the crash](../../exercises/02_crash/02_crash.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this
#   course's README.
# - Python documentation, "Built-in Exceptions" (exception context, notes,
#   groups) and "Coroutines and Tasks" (task groups; tasks whose exception was
#   never retrieved).
# - PEP 3134, "Exception Chaining and Embedded Tracebacks"; PEP 654, "Exception
#   Groups and except*"; PEP 678, "Enriching Exceptions with Notes".
