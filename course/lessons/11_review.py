# %% [markdown]
# # 11 · Review
#
# **August.** June's change had been reviewed. Two people approved it, and the
# linter raised no objection. It was forty lines long.
#
# *About 20 minutes. Then [exercise
# 11](../../exercises/11_review/11_review.ipynb), another 30.*
#
# Afterwards you can
#
# - find defects of error handling in a diff, and say of each what will go
#   wrong,
# - leave alone what only looks suspicious,
# - write a small checker for a defect that no linter sees.
#
# Keep two questions in mind: *where does this exception go now*, and *who will
# hear about it*?

# %% [markdown]
# ## What ruff sees
#
# Ruff has dozens of rules about exceptions. They find blind handlers (BLE),
# empty handlers (S110), a `raise` without its cause (B904), a `return` in a
# `finally` (B012), log calls that lose the traceback (TRY400), tasks that
# nobody keeps (RUF006), and assertions (S101). You know four releases whose
# error handling was wrong:
#
# | release | what was wrong with it |
# |---|---|
# | bad | June: a dispatcher whose failure ends the process (modules 02 to 05) |
# | edge | tracebacks sent to strangers, 500s without an id (06) |
# | orphan | a dead dispatcher that nobody notices, sessions that leak (07) |
# | noisy | three log lines for one failure, labels without bound (09) |

# %%
from course.panel import predict

seen = predict("11 seen")

# %%
from course.outage import Release
from course.panel.tools import ruff

RULES = "B,BLE,TRY400,RUF006,S101,S110,S112,ASYNC,LOG"

found = {
    name: ruff(Release.named(name).modules, RULES)
    for name in ("bad", "edge", "orphan", "noisy")
}
for name, findings in found.items():
    print(f"{name}:", *findings or ["nothing"], sep="\n    ")

# %%
seen.reveal(found)

# %% [markdown]
# Let a linter find what it can, always, and in CI: its findings cost nobody any
# attention. They are worth having. D. Yuan and others studied 48 catastrophic
# failures of distributed systems, and trivial mistakes such as empty handlers
# had caused 35% of them. Then spend your own attention on the rest.
#
# ## What to read a diff for
#
# Read it once for what it does. Then read it again, and ask of each line that
# can fail:
#
# | question | what it finds | does a linter see it? |
# |---|---|---|
# | Where does the exception go now? Has code moved across a boundary? | June | no |
# | Which bug of *ours* could end in this handler? | a handler too broad; our fault blamed on the client | if it says `Exception` and logs nothing |
# | Who relies on success, and who tells them otherwise? | swallowed errors; a retry loop that ends in silence | if the handler is empty |
# | If this line raises, is everything closed that was open? | leaks | if it is `open()` |
# | Can it be cancelled here? | swallowed cancellation; tasks without an owner | the task, at most |
# | What does the client read? | an error sent as a 200; our inside exposed | no |
# | What does the engineer on call read? | no traceback, no cause, logged twice | traceback and cause |
#
# The first question is asked least. When code moves, the diff shows the code,
# which has not changed. It does not show the `except` that the code has left.
#
# ## Suspicious, and right
#
# The other half of a review is what you do *not* write. A reviewer who flags
# every `pass` goes unread when it matters. All of these are right:

# %%
RIGHT = """
async def publish(path, order, queue):
    try:
        path.unlink()
    except FileNotFoundError:
        pass  # gone already: that is what we wanted

    try:
        return await queue.put(order)
    except BaseException:
        await queue.undo(order)
        raise  # cleaned up, and handed on


async def serve(requests):
    async for request in requests:
        try:
            await answer(request)
        except Exception:  # the boundary: whatever it is, the next request is served
            log.exception("request.failed", request=request.id)
"""
print(*ruff({"right.py": RIGHT}, RULES) or ["nothing"], sep="\n")

# %% [markdown]
# The first handler is narrow, and says why there is nothing to do. The second
# takes in everything and raises it again. The third is a boundary: it works for
# many requests, logs with a traceback, and goes on. Three functions deeper, the
# same `except Exception` would be a defect.
#
# ## A rule of your own
#
# Some defects no linter knows, yet your team keeps running into them. Write a
# rule for those, because Python can read Python: `ast.parse` makes a tree of a
# module, and `ast.walk` visits every node.

# %%
import ast

HANDLER = """
try:
    work()
except (KeyError, errors.Lost) as exc:
    return {"error": str(exc)}
"""
print(ast.dump(ast.parse(HANDLER).body[0].handlers[0], indent=2))

# %% [markdown]
# Here is a rule for "an error sent as a 200": a handler that returns a dict
# with the key `error`.


# %%
def errors_as_values(source):
    """The lines of handlers that return {"error": …}."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Dict):
                keys = [getattr(key, "value", None) for key in inner.value.keys]
                if "error" in keys:
                    found.append(inner.lineno)
    return sorted(found)


assert errors_as_values(HANDLER) == [5]
assert errors_as_values(HANDLER.replace('return {"error": str(exc)}', "raise")) == []

# %% [markdown]
# **Your turn.** Extend the rule to find `JSONResponse({"error": …})`, a call
# whose first argument is such a dict. It must leave `JSONResponse({"error": …},
# 400)` alone.

# %%
CALLED = (
    'try:\n    work()\nexcept KeyError:\n    return JSONResponse({"error": "lost"})\n'
)
WITH_STATUS = CALLED.replace('"lost"}', '"lost"}, 400')
print("found:", errors_as_values(CALLED), "and should be: [4]")
print("found:", errors_as_values(WITH_STATUS), "and should be: []")

# %% [markdown]
# How good is such a rule? Two numbers tell. Its *recall* is the share of
# defects that it finds. Its *precision* is the share of its findings that are
# defects. They pull against each other, and a rule that is wrong every second
# time gets switched off. The same two numbers judge your review in the
# exercise.
#
# ## Recall

# %%
from course.panel import recall

recall("11")

# %% [markdown]
# ## Take home
#
# - Linters look at handlers. You look at where exceptions *go*.
# - When code moves, ask which `except` it has left.
# - Say of each finding what will go wrong. If you cannot, leave it out.
# - What keeps coming back becomes a rule, judged by recall and precision.
#
# **Next:** [exercise 11 · Review](../../exercises/11_review/11_review.ipynb).
#
# ## Sources
#
# - The facts of the incident: the postmortem of 5 June 2024, as retold in this
#   course's README. Who approved the change, and what the linter said, is this
#   course's invention.
# - D. Yuan et al., "Simple Testing Can Prevent Most Critical Failures",
#   OSDI 2014.
# - Ruff's documentation of the rules named here; Python documentation, `ast`.
