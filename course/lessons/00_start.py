# %% [markdown]
# # The outage of 5 June 2024
#
# On 5 June 2024 an API was down for all its users for 90 minutes. A deployment that
# morning had moved a few lines of code across an exception boundary. From then on one
# malformed request was enough to end a server process, the clients tried again, and the
# next process ended too.
#
# This course rebuilds that outage on your machine. The API is a small FastAPI service,
# and it runs as real processes that really die: no chart, log line or status code here is
# made up. Only the minutes are shortened.
#
# ## Where to go
#
# The course follows the incident's clock. A module is a lesson, which you run and watch, and
# an exercise, which is judged. **Start with lesson 01.**
#
# | clock | lesson | exercise | minutes |
# |---|---|---|---|
# | 14:00 | [01 · The page](01_page.ipynb): the API dies; say how bad it is | [01](../../exercises/01_page/01_page.ipynb) | 25 + 25 |
# | 14:05 | [02 · Read the crash](02_crash.ipynb): find the cause under a thousand consequences | [02](../../exercises/02_crash/02_crash.ipynb) | 25 + 25 |
# | 14:15 | [03 · The wrong hypothesis](03_hypothesis.ipynb): refute "it is the database" in two minutes | [03](../../exercises/03_hypothesis/03_hypothesis.ipynb) | 20 + 25 |
# | 14:25 | [04 · Find the line](04_line.ipynb): the smallest request that kills, and a test that fails | [04](../../exercises/04_line/04_line.ipynb) | 30 + 30 |
# | 14:45 | [05 · Stop the bleeding](05_bleeding.ipynb): rollback against hotfix, the clock running | [05](../../exercises/05_stop_the_bleeding/05_stop_the_bleeding.ipynb) | 20 + 25 |
# | 15:30 | [06 · The boundary](06_boundary.ipynb): one place where failures become responses | [06](../../exercises/06_boundary/06_boundary.ipynb) | 25 + 35 |
# | later | [07 · Async](07_async.ipynb): the task that nobody owned | [07](../../exercises/07_async/07_async.ipynb) | 25 + 35 |
#
# Modules 08 to 13 are being written.
#
# ## How it works
#
# - Each notebook is your own copy. Change what you like; a fresh one is a file away
#   (*delete it, then run `./outage learn` again*).
# - Run a cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Run cells in order.
# - A lesson asks you to predict before it shows. Commit to an answer; being wrong is how
#   the surprising parts stay with you.
# - Nothing you do leaves this machine. Servers listen on 127.0.0.1 alone, and end with the
#   notebook's kernel.
#
# ## The service in five minutes
#
# [course/service](../../../course/service/app.py) is the API that went down. The names
# of its modules say what is in them: [routing](../../../course/service/routing.py) finds
# the backend that a request names, [store](../../../course/service/store.py) keeps the
# orders, [app](../../../course/service/app.py) joins the two over HTTP, and
# [telemetry](../../../course/service/telemetry.py) says what happens. You need not read
# it now; the lessons show the lines that matter.
