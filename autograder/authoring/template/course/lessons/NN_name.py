# %% [markdown]
# # NN · TITLE
#
# <!-- A lesson is run from top to bottom by its test. Its headings ("## …") are what
# module.toml and exercise.toml call `taught`. Delete these comments as you write. -->
#
# **When this plays.** A sentence or two of the story, and what is at stake.
#
# *About 20 minutes, then [exercise NN](../../exercises/NN_name/NN_name.ipynb) with 25
# more.*
#
# Afterwards you can
#
# <!-- The objectives of exercise.toml, in the same words. -->
#
# - name every exception that a line can raise, and handle no other,
# - bound what comes from somebody else.

# %% [markdown]
# ## What can fail here?
#
# <!-- Predict, then see. `predict` asks a prediction of questions.toml. The cells after it
# run what settles it, and `reveal` hands that to the function in observations.py. Until
# then the page holds neither the answer nor the explanation: both stand in the card. -->
#
# An overloaded server answers `503` and says in a header when to come back:
# `Retry-After: 120`. The header is text, and nobody promises that it is there.

# %%
from course.panel import predict

missing = predict("NN missing")

# %%
raised = None
try:
    int(None)
except (TypeError, ValueError) as exc:
    raised = exc

# %%
missing.reveal(raised)

# %% [markdown]
# ## A bound
#
# A number that is too large is not an error, and no exception will tell you. Who decides
# how long a client waits: the server, or the client?

# %%
print("seconds to wait:", min(int("120"), 3600))

# %% [markdown]
# ## Recall
#
# <!-- Answering both questions ends the lesson: it counts as done from then on. -->

# %%
from course.panel import recall

recall("NN")

# %% [markdown]
# ## Take home
#
# - Ask of each line what it can raise; handle that, and no more.
# - Bound what others decide for you.
#
# <!-- What is worth keeping on the desk goes into course/checklist.md, with this number. -->
#
# **Next:** [exercise NN · TITLE](../../exercises/NN_name/NN_name.ipynb).
#
# ## Sources
#
# - RFC 9110, *HTTP Semantics*, section 10.2.3, "Retry-After".
