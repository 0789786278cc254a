# %% [markdown]
# # Exercise 01 · The page
#
# **5 June 2024, 14:00 UTC.** The page woke you. Before anybody asks *why*,
# everybody asks *how bad is it?* You write the three functions that answer, and
# the sentence that goes out.
#
# *About 25 minutes, after [lesson 01](../../course/notebooks/01_page.ipynb).*
#
# Afterwards you can
#
# - compute availability and burn rate from what clients saw,
# - weigh an outage against a month's error budget,
# - write a first incident message that claims no more than you know.

# %% [markdown]
# ## The recording
#
# The data is one recorded run of the outage: four thousand requests to two
# replicas, from before the deployment until after the fix.
# `./outage replay --record FILE` made it, and will make you another one. A
# client tries a request up to three times. Each *try* is a record:

# %%
from course.outage.telemetry.recording import june

told = june()
tries = [
    {
        "due": t.due,  # when the request was due, in seconds since the fleet started
        "done": t.done,  # when this try was answered or given up
        "outcome": t.outcome,  # ok, client_error, server_error, reset, timeout
        "last": t.last,  # no other try of this request follows
        "malformed": t.malformed is not None,
    }
    for t in told.tries
]
poisoned = min(t["due"] for t in tries if t["malformed"])
print(f"{len(tries)} tries; the first malformed request was due at {poisoned:.1f} s")
tries[0]

# %% [markdown]
# ## A worked example: the error share
#
# Of all tries that ended in a window of time, which share did the service fail?
# A 4xx is not a failure of the service, which told a client that the client was
# wrong. The window is open at its start and closed at its end, so windows laid
# side by side count each try once.

# %%
FAILURES = {"server_error", "reset", "timeout"}


def error_share(tries, since, until):
    """The share of the tries ended in (since, until] that failed; None without any."""
    ended = [t for t in tries if since < t["done"] <= until]
    if not ended:
        return None
    return sum(t["outcome"] in FAILURES for t in ended) / len(ended)


for second in (poisoned - 5, poisoned + 5, poisoned + 30):
    print(
        f"in the second before {second:.0f} s: {error_share(tries, second - 1, second)}"
    )

# %% [markdown]
# ## Your turn: availability
#
# The error share counts *tries*. Users don't care how often their client tried:
# their *request* was served, or it was not. Availability counts requests:
#
# - the well-formed ones that were **due** in the window, from `since` up to but
#   not including `until`; nobody can serve a malformed request,
# - each request **once**: its last try tells how it ended,
# - **served** means `ok`, at most `WITHIN_S` seconds after the request was
#   **due**. An answer that comes later comes to a user who has left.
#
# Without any such request, return `None`: no evidence is not 100%.
#
# This function and the next two return a ratio, not a percentage (1.0, not 100),
# and do not round it.

# %% nbgrader={"grade_id": "availability", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
WITHIN_S = 1.0


def availability(tries, since, until):
    """The share of well-formed requests due in [since, until) that were served."""
    due = [t for t in tries if since <= t["due"] < until]
    ### BEGIN SOLUTION
    requests = [t for t in due if t["last"] and not t["malformed"]]
    if not requests:
        return None
    served = [
        t["outcome"] == "ok" and t["done"] - t["due"] <= WITHIN_S for t in requests
    ]
    return sum(served) / len(served)
    ### END SOLUTION


# %% [markdown]
# ## Your turn: burn rate
#
# An objective of 99.9% allows a share of 0.1% to fail. The *burn rate* of a
# window is its error share divided by the allowed share. At rate 1 the budget
# lasts exactly its period, at rate 10 a tenth of it. Where nothing ended,
# nothing burns: return 0.
#
# The cell is judged on its own, so copy what you need from the cells above.


# %% nbgrader={"grade_id": "burn_rate", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def burn_rate(tries, since, until, objective):
    """The error share of (since, until] as a multiple of what `objective` allows."""
    ### BEGIN SOLUTION
    failures = {"server_error", "reset", "timeout"}
    ended = [t["outcome"] in failures for t in tries if since < t["done"] <= until]
    if not ended:
        return 0.0
    return sum(ended) / len(ended) / (1 - objective)
    ### END SOLUTION


# %% [markdown]
# ## Your turn: the budget
#
# Over `days` days, `objective` allows a number of minutes of total outage.
# Which share of them does an outage of `down_min` minutes spend? 1 is all of
# them, 2 is twice as many as there were.


# %% nbgrader={"grade_id": "budget", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def budget_spent(down_min, objective, days):
    """The share of the error budget that `down_min` minutes of total outage spend."""
    ### BEGIN SOLUTION
    allowed_min = days * 24 * 60 * (1 - objective)
    return down_min / allowed_min
    ### END SOLUTION


# %% [markdown]
# ## Your turn: the first message
#
# Write one sentence or two for everybody who is waiting. The message names
#
# - the share of valid requests that fail, in percent, off by one at most,
# - for how many minutes so far,
# - how many processes have died.
#
# Write numbers in digits; 0 and 1 may be words. `failing` has three decimals at
# most.
#
# And it names **no cause**. You have a symptom, and every guess in a first
# message comes back as a fact a minute later. Not the database, not the
# deployment, not the traffic or the memory, no bug. No word guesses
# ("probably", "looks like") or explains ("because"). You may say that the cause
# is unknown, and you may ask for something: "please hold deployments".
#
# One trap: 99.7% is not "100%", and 0.3% is not "0%". Somebody is still being
# served, or somebody already suffers, and readers want to know that first.


# %% nbgrader={"grade_id": "impact", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def impact(failing, minutes, deaths):
    """The first message: the share `failing` (0 to 1) for `minutes`, and `deaths`."""
    ### BEGIN SOLUTION
    percent = f"{failing:.0%}"
    if percent == "100%" and failing < 1:
        percent = "more than 99%"
    elif percent == "0%" and failing > 0:
        percent = "less than 1%"
    processes = "1 process has" if deaths == 1 else f"{deaths} processes have"
    return (
        f"Orders API: {percent} of valid requests have been failing for {minutes} min;"
        f" {processes} died; cause unknown, we are looking."
    )
    ### END SOLUTION


# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_page", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("01", availability, burn_rate, budget_spent, impact)

# %% [markdown]
# ## What your functions say about the recording
#
# The outage in the recording lasted about half of the run; the rest was
# healthy.

# %%
from course.panel import predict

whole = predict("01 whole")

# %%
whole.reveal(availability(tries, 0, told.now - 3))

# %%
fixed = max(exit_.t for exit_ in told.exits())
for name, since, until in (
    ("before the poison", 0, poisoned),
    ("during the outage", poisoned + 3, fixed),
    ("after the fix", fixed + 5, told.now - 3),
):
    print(
        f"{name}: {availability(tries, since, until):.1%} available,"
        f" burn rate {burn_rate(tries, since, until, 0.999):.0f}"
    )
print(f"90 minutes of it spend {budget_spent(90, 0.999, 30):.0%} of a month's budget.")
down = 1 - availability(tries, poisoned + 3, fixed)
print(impact(down, 2, len(told.exits())))

# %% [markdown]
# All of these shares describe one run, and all are true. They differ only in
# their window. Whoever quotes you a share owes you the window.
#
# The malformed requests go on after the fix: one request in a hundred. They get
# a 4xx now, and a 4xx is not a failure of the service. So they hardly burn any
# budget.
#
# **Next:** [lesson 02 · Read the crash](../../course/notebooks/02_crash.ipynb).
