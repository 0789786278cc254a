# %% [markdown]
# # Exercise NN · TITLE
#
# <!-- The exercise with its solution. `./outage build` makes of it what learners get: a cell
# whose answer has a `module` in exercise.toml starts out as that module; in any other,
# what they have to write stands between two marks, as below. The metadata of the two
# nbgrader cells stay as they are, but for grade_id. Delete these comments. -->
#
# *About 25 minutes, after [lesson NN](../../course/notebooks/NN_name.ipynb).*
#
# Afterwards you can
#
# - name every exception that a line can raise, and handle no other,
# - bound what comes from somebody else.

# %% [markdown]
# ## Your turn: when to come back
#
# `header` is the value of a response's `Retry-After`, such as `"120"`, or `None` if there is
# none. Return the seconds to wait.
#
# 1. A whole number of seconds, zero or more, is a wait.
# 2. Anything else, such as a date, gives `None`. No exception leaves the function.
# 3. Nobody waits longer than `LONGEST_S`.
#
# The cell is judged on its own, so keep what it needs in it.

# %% nbgrader={"grade_id": "wait", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
LONGEST_S = 3600


def seconds_to_wait(header):
    """Return the seconds that a Retry-After header asks for, or None."""
    ### BEGIN SOLUTION
    try:
        seconds = int(header)
    except (TypeError, ValueError):
        return None
    if seconds < 0:
        return None
    return min(seconds, LONGEST_S)
    ### END SOLUTION


# %%
print(seconds_to_wait("120"), seconds_to_wait("soon"), seconds_to_wait("86400"))

# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_wait", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("NN", seconds_to_wait)
