# %% [markdown]
# # The outage of 5 June 2024

# %% jupyter={"source_hidden": true} tags=["remove-input"]
from course.panel import front_page

front_page()

# %% [markdown]
# ## What this is
#
# On 5 June 2024 an API was down for all its users for 90 minutes. A deployment that
# morning had moved a few lines of code across an exception boundary. From then on one
# malformed request was enough to end a server process. The clients tried again, and the
# next process ended too.
#
# This course rebuilds that outage on your machine. The API is a small FastAPI service,
# and it runs as real processes that really die. No chart, log line or status code is
# made up. Only the minutes are shortened.
#
# Each module is a lesson, which you run and watch, and an exercise, which is judged. They
# follow the incident's clock. [What is taught where](../../../course/topics.md) lists all
# topics, and [the checklist](../../../course/checklist.md) is for your desk.
#
# ## How it works
#
# - Run a cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Run cells in order.
# - A lesson asks you to predict before it shows. Commit to an answer; being wrong is how
#   the surprising parts stay with you.
# - Each notebook is your own copy. Change what you like. A fresh one is a command away, in
#   a terminal: `./outage reset 05` for exercise 05, `./outage reset 05 --lesson` for the
#   lesson. Yours is kept.
# - Nothing you do leaves this machine. Servers listen on 127.0.0.1 alone, and end with the
#   notebook's kernel. In JupyterLab, opening the next part ends the kernels of the parts
#   before it; their outputs stay.
#
# ## When something goes wrong
#
# - **A cell does not end:** press ■ in the toolbar. A fleet that the cell has watched goes on.
# - **The kernel has ended or restarted, or you lost track of what has been run:** fleets end
#   with their kernel. Put the cursor where you were, and choose *Run → Run All Above Selected
#   Cell*.
# - **You closed the laptop:** fleets sleep and wake with it.
# - **You closed the terminal:** `./outage learn` again. Notebooks and progress are in `work/`.
# - **Something else:** `./outage doctor` looks at this machine and says what to do.
#
# ## The service in five minutes
#
# [course/service](../../../course/service/app.py) is the API that went down. The names
# of its modules say what is in them: [routing](../../../course/service/routing.py) finds
# the backend that a request names, [store](../../../course/service/store.py) keeps the
# orders, [app](../../../course/service/app.py) joins the two over HTTP, and
# [telemetry](../../../course/service/telemetry.py) says what happens. You need not read
# it now; the lessons show the lines that matter.
