# %% [markdown]
# # 02 · Read the crash
#
# **5 June 2024, 14:05 UTC.** You have confirmed the outage. Now you open the logs of the
# API servers, and they are full.
#
# *About 25 minutes, then [exercise 02](../../exercises/02_crash/02_crash.ipynb) with 25
# more.*
#
# Afterwards you can
#
# - predict whether an exception is survived, becomes a 500, ends the process, or hangs,
# - find the frame where an exception was raised and the frame that should have stopped it,
# - find the root cause in chains and groups of exceptions.
#
# Two questions to keep in mind: *which task did this exception end*, and *who was waiting
# for that task?*

# %% [markdown]
# ## A spike of 500s
#
# June's release again, on two replicas, with 1% of malformed requests from the start:

# %%
import re
from collections import Counter

from course.outage import Fleet, Release
from course.outage.traffic.load import Load
from course.panel import Prediction, Stage, recall, show_traceback

stage = Stage("02")
with stage.run("spike", Release.named("bad")) as spike:
    spike.fleet.start_traffic(Load(rate=60, malformed=0.01, seed=5))
    spike.watch(12, "June's release, 1% malformed")
    spike.telemetry.wait_for(lambda t: len(t.exits()) >= 3, within_s=20)
stage.close()

# %% [markdown]
# In such an outage request after request leaves an error with a traceback in the log. In a
# hurry one reads the last lines of a traceback, because Python prints the exception there.
#
# **Predict:** which exception do most of these tracebacks end with?

# %%
most = Prediction.named("02 most")
most.show()


# %%
def tracebacks(run):
    records = [entry.record for entry in run.telemetry.log_entries()]
    return [record["exception"] for record in records if "exception" in record]


def last_line(text):
    """The last line of a traceback that names an exception."""
    lines = re.findall(
        r"^[A-Za-z][\w.]*(?:Error|Exception|Exit)\b.*", text, re.MULTILINE
    )
    return lines[-1] if lines else "(none)"


def what_they_end_with(run):
    errors = tracebacks(run)
    ends = Counter(map(last_line, errors))
    broken_off = sum(
        count
        for line, count in ends.items()
        if line.endswith("CancelledError") or "connection" in line.lower()
    )
    database = sum(n for line, n in ends.items() if line.startswith("sqlite3"))
    key = "b" if broken_off > len(errors) / 2 else "c" if database else "a"
    return key if run.deaths() else None, f"{broken_off} of {len(errors)}."


most.reveal_from(what_they_end_with, spike)
errors = tracebacks(spike)
for line, count in Counter(map(last_line, errors)).most_common():
    print(f"{count:5} × {line}")
naming = sum("database query:" in text for text in errors)
print(f"{naming} of {len(errors)} name a database query.")

# %% [markdown]
# `CancelledError` is not a fault. It is what asyncio raises inside a task to make it stop,
# wherever the task is waiting at that moment. So such lines name a consequence. What
# cancelled the requests?

# %% [markdown]
# ## From the last line upwards
#
# The process itself had something to say when it died. It said it on the way out, without
# a logger, so those lines are no JSON, and whoever filters the log by `level` never sees
# them. Here are the last words of the first process that ended:

# %%
first = spike.deaths()[0]
words = [
    entry.record["event"]
    for entry in spike.telemetry.log_entries()
    if entry.pid == first.pid and "level" not in entry.record
]
print(f"process {first.pid}, exit code {first.exit_code}, {len(words)} lines:\n")
show_traceback("\n".join(words))

# %% [markdown]
# Read it in three steps.
#
# **1. Start at the bottom.** The last exception inside the bars is the one that was raised
# first. It is one of those that a malformed header can cause. (Lines without a bar that
# follow are clean-up: threads that find their event loop gone.)
#
# **2. Find the origin:** the last frame that is *ours*. Libraries raise, but somebody
# called them with something:

# %%
frame = re.compile(r'File ".*?/(course/service/\w+\.py)", line (\d+), in (\S+)')
barred = [line for line in words if "|" in line]  # what comes behind is clean-up
ours = [match.groups() for line in barred if (match := frame.search(line))]
for file, line, function in ours:
    print(f"{file}:{line:<4} {function}")
file, line, origin = ours[-1]
print(f"\norigin: {origin}, in line {line} of {file}")

# %% [markdown]
# **3. Find the boundary:** the last frame on the way up where the exception still was the
# matter of *one* request. `resolve` works for one request. `dispatch` called it, and
# `dispatch` is a loop that works for all of them. An exception that gets past that call has
# stopped being one request's problem.
#
# Above it there is nothing that could help: `serve` waits for the task group, gets the
# group with the exception in it, handles nothing, and the process ends.
#
# ![Two drawings side by side. Left, the good release: resolve runs inside the box of one
# request, and its exception stops at that box and becomes a 500. Right, June's release:
# resolve runs inside the dispatcher, outside of every request; its exception passes through
# the dispatcher and the task group and ends the process, with all requests in
# it.](../figures/boundary.svg)
#
# Now the cancelled requests fall into place. The dispatcher fails; its task group cancels the
# server; the server cancels every request in flight. One exception, and a traceback of each
# of them that follows from it. You can see it in any one of them, if you read it from the
# *top*:

# %%
longest = max(errors, key=len)
for line in longest.splitlines():
    if not re.match(r"[\s|]*(File|await|return|\^|~)", line) and line.strip(" |^~"):
        print(line[:100])

# %% [markdown]
# "During handling of the above exception, another exception occurred": Python has kept the
# link. The upper traceback is the cause, the lower one the consequence.
#
# ## Eight ways to raise
#
# Why did *this* exception end the process, when an exception in a route never does? The
# release *raises* has a route for each way of raising. Its source is short and wrong on
# purpose:

# %%
source = Release.named("raises").source("raises.py")
print(source.partition("# --- exercise 02")[0].partition("# --- lesson 02")[2].strip())

# %% [markdown]
# The eighth way needs no route: an exception while the process starts.
#
# **Predict** three of them before you run all eight.

# %%
sys_exit = Prediction.named("02 sys.exit")
background = Prediction.named("02 background")
orphan = Prediction.named("02 orphan")
for question in (sys_exit, background, orphan):
    question.show()

# %%
from course.outage import OutageError
from course.outage.requests import http_request

WAYS = (
    "route",
    "recursion",
    "sys_exit",
    "background",
    "task_group",
    "orphan",
    "os_exit",
)
saw = {}
with Fleet(Release.named("raises"), replicas=1) as raises:
    for way in WAYS:
        raises.wait_ready(within_s=10)
        deaths, lines = (
            len(raises.telemetry.exits()),
            len(raises.telemetry.log_entries()),
        )
        response = raises.send(http_request(None, path=f"/raise/{way}"), timeout_s=1.5)
        raises.telemetry.wait_for(lambda t, n=deaths: len(t.exits()) > n, within_s=0.4)
        died = raises.telemetry.exits()[deaths:]
        logged = [
            e.record
            for e in raises.telemetry.log_entries()[lines:]
            if e.record.get("level") in ("error", "critical")
        ]
        process = f"exit code {died[0].exit_code}" if died else "lives"
        saw[way] = (response, process, logged)
        print(f"{way:12} {response!s:45} {process:12} errors logged: {len(logged)}")

broken = Release.named("raises").called("raises at start")
broken = broken.replace("raises.py", "{}['mars']")
try:
    Fleet(broken, replicas=1)
except OutageError as exc:
    print(f"{'startup':12} never ready; exit code {exc.exit_code}")

responses = {way: response for way, (response, _, _) in saw.items()}
logged = {
    way: f"Errors in the log: {len(lines)}." for way, (_, _, lines) in saw.items()
}
sys_exit.reveal("b" if responses["sys_exit"].status == 500 else "a")
background.reveal(
    "a" if responses["background"].status == 200 else "b", logged["background"]
)
orphan.reveal(
    "c" if responses["orphan"].outcome == "timeout" else "a", logged["orphan"]
)

# %% [markdown]
# ## Which task, and who waits for it?
#
# Two questions explain all eight rows, and June's crash with them.
#
# - *The request's own task* (`route`, `recursion`, `sys_exit`, `task_group`). What is raised
#   in it travels up to the server, which called the application inside a handler for
#   everything, `SystemExit` included. One 500, and the process lives. A child of a task
#   group counts: whoever waits for the group gets its exceptions, as a group.
# - *The request's own task, after the response* (`background`). The same handler. The
#   client already has its 200, so the error is in the log and nowhere else.
# - *A task that nobody waits for* (`orphan`). The exception is kept in the task object.
#   asyncio writes "Task exception was never retrieved" when that object is collected, which
#   may be never. Whoever waits for the task's *result* by other means waits for ever.
# - *No task at all*: `os._exit` asks nobody. At startup there is no request yet that could
#   fail, so the process does.
#
# June's dispatcher is a task of its own, like `orphan`, but somebody did wait for it: the
# task group in `serve`, that is, the whole process.
#
# Nothing of this depends on the *type* of the exception alone. `sys.exit` in a route is
# harmless, and a `KeyError` in the right task ends the server.

# %% [markdown]
# ## Chains
#
# Exceptions remember each other. `raise … from exc` says: this is the cause, and sets
# `__cause__`. An exception raised while another one is being handled gets that one as its
# `__context__`, whether anybody thought of it or not. `raise … from None` says: the context
# is an implementation detail, do not show it.


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
# The second one is the mean kind: an error in an error handler. What you see is the
# `AttributeError`; what you want to know is one step back.
#
# A note adds what the code knew at that moment, without a new exception. The service's
# store does that: `exc.add_note("database query: …")`. Notes are printed after the
# exception's own line.

# %% [markdown]
# ## Groups
#
# A task group waits for all its children, so several of them can have failed. It raises one
# `ExceptionGroup` that holds them all. Walk the tree, or split it by type; `except*` does
# that in a handler: each clause takes its part of the group, and several may run.

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
# A handler written as `except KeyError` would have let this group pass: the group is no
# `KeyError`, it has some. That is one way for a boundary to move without anybody touching
# it: somebody else's code starts to use a task group.

# %% [markdown]
# ## Recall
#
# Two questions on module 01.

# %%
recall("02")

# %% [markdown]
# ## Take home
#
# - Read a traceback from its last exception upwards to find the *origin*, and go on until
#   the frame that works for more than one request: the *boundary*.
# - `CancelledError` in a log is a consequence. Look for what cancelled.
# - An exception ends the task that it is raised in. Ask who waits for that task.
# - A task that nobody waits for fails in silence.
# - Keep causes (`raise … from exc`); read them from the top of the printed traceback.
#
# **Next:** [exercise 02 · Read the crash](../../exercises/02_crash/02_crash.ipynb).
#
# ## Sources
#
# - The incident's facts: the postmortem of 5 June 2024, as retold in this course's README.
# - Python documentation, "Built-in Exceptions" (exception context, notes, groups) and
#   "Coroutines and Tasks" (task groups; tasks whose exception was never retrieved).
# - PEP 3134, "Exception Chaining and Embedded Tracebacks"; PEP 654, "Exception Groups and
#   except*"; PEP 678, "Enriching Exceptions with Notes".

# %%
from course.panel import lesson_done

lesson_done("02")
