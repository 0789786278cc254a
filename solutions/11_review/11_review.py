# %% [markdown]
# # Exercise 11 · Review
#
# **August.** A colleague wants to import orders in batches, before the weekend.
# The pull request works, the tests are green, and you are the reviewer.
#
# *About 30 minutes, after [lesson 11](../../course/notebooks/11_review.ipynb).*
#
# Afterwards you can
#
# - find defects of error handling in a diff, and say of each what will go
#   wrong,
# - leave alone what only looks suspicious,
# - write a small checker for a defect that no linter sees.

# %% [markdown]
# ## The pull request
#
# It adds two modules, and a route in `app.py`:

# %%
from course.outage import Release

pull = Release.named("pull")


def show(module, first=1, last=9999):
    """Print lines of a module of the pull request, with their numbers."""
    for number, line in enumerate(pull.source(module).splitlines(), start=1):
        if first <= number <= last:
            print(f"{number:4} {line}")


show("batch.py")

# %%
show("audit.py")

# %%
show("app.py", first=90, last=111)

# %% [markdown]
# ## Your turn: the review
#
# Return your findings, each a `(module, line, kind)` with a kind from the
# table. The line is the one that you would comment on; being one line off does
# no harm. There are **twelve** defects, and several places that look like one
# and are not. Both your finds and your false alarms count.
#
# - The review finds **six** defects; better, it finds **ten**.
# - At most **three** findings are false. (This counts for a review that finds
#   six.)
# - It has at most **36** findings. Nobody reads a longer one.
#
# | kind | what is wrong |
# |---|---|
# | `"no cause"` | a new exception hides the one that caused it |
# | `"swallowed"` | a failure ends here, and nobody tells those who rely on success |
# | `"too broad"` | the handler takes in our own bugs, and treats them as something else |
# | `"cancellation"` | a request to stop ends here |
# | `"return in finally"` | a `return` in a `finally` drops the exception on its way out |
# | `"assert"` | an assertion guards against input |
# | `"leak"` | a resource stays open on some path |
# | `"wrong status"` | the HTTP status does not say whose fault it is |
# | `"exposed"` | strangers get to read our internals |
# | `"no traceback"` | the log entry of a fault does not say where it came from |
# | `"orphan task"` | nobody owns a task |
# | `"no time-out"` | a wait without a bound |
# | `"unsafe retry"` | something happens twice that must happen once |


# %% nbgrader={"grade_id": "review", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
def review():
    """The findings: (module, line, kind)."""
    ### BEGIN SOLUTION
    return [
        ("batch.py", 42, "no cause"),
        ("batch.py", 43, "assert"),
        ("batch.py", 53, "swallowed"),
        ("batch.py", 78, "leak"),
        ("batch.py", 73, "too broad"),
        ("batch.py", 96, "cancellation"),
        ("audit.py", 26, "swallowed"),
        ("audit.py", 46, "return in finally"),
        ("app.py", 104, "wrong status"),
        ("app.py", 106, "no traceback"),
        ("app.py", 107, "exposed"),
        ("app.py", 108, "orphan task"),
    ]
    ### END SOLUTION


# %% [markdown]
# ## Your turn: a checker
#
# No linter sees one of the twelve, and that one stops deployments: swallowed
# cancellation. Write the rule yourself.
#
# `swallows_cancellation(source)` gets the text of a module and returns a list
# of line numbers, in ascending order and each once: those of each `except`
# clause and each `with suppress(…)` for which all of this holds:
#
# 1. **It takes in CancelledError**: a bare `except:`, `BaseException`,
#    `CancelledError`, by itself or in a tuple, with a module in front
#    (`asyncio.CancelledError`) or without.
# 2. **The block that it guards awaits**: `await`, `async with` or `async for`,
#    also in a comprehension. What happens in a function that is only *defined*
#    there does not count, and neither do the clauses, the `else` and the
#    `finally`.
# 3. **It does not raise**: there is no `raise` in the clause, whatever it
#    raises. Functions that are defined there are left out. (For `suppress`
#    there can be none.)
# 4. **No earlier clause** of the same `try` takes in CancelledError.
#
# These rules alone decide what the checker should find and what it should leave
# alone. Leaving handlers alone counts for a checker that finds at least one.
#
# You need `ast.parse`, `ast.walk`, and the fields of `ast.Try` (`body`,
# `handlers`) and `ast.ExceptHandler` (`type`, `body`, `lineno`). In a
# comprehension, `async for` is an `ast.comprehension` with `is_async`. To look
# at any of them, print `ast.dump(ast.parse(text), indent=2)`.

# %% nbgrader={"grade_id": "checker", "solution": true, "grade": false, "locked": false, "task": false, "schema_version": 3}
import ast


def swallows_cancellation(source):
    """The lines whose handlers swallow a cancellation, in ascending order."""
    ### BEGIN SOLUTION
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

    def within(statements):
        """All nodes in `statements`, without those of functions defined there."""
        left = list(statements)
        while left:
            node = left.pop()
            if not isinstance(node, functions):
                yield node
                left += ast.iter_child_nodes(node)

    def name_of(node):
        return getattr(node, "attr", getattr(node, "id", ""))

    def takes_in(kind):
        kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
        names = {"CancelledError", "BaseException"}
        return kind is None or any(name_of(each) in names for each in kinds)

    def awaits(statements):
        kinds = (ast.Await, ast.AsyncFor, ast.AsyncWith)
        return any(
            isinstance(node, kinds) or getattr(node, "is_async", 0)
            for node in within(statements)
        )

    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Try) and awaits(node.body):
            clause = next((h for h in node.handlers if takes_in(h.type)), None)
            if clause is not None and not any(
                isinstance(each, ast.Raise) for each in within(clause.body)
            ):
                found.add(clause.lineno)
        elif isinstance(node, ast.With) and awaits(node.body):
            for item in node.items:
                call = item.context_expr
                is_call = isinstance(call, ast.Call)
                if is_call and name_of(call.func) == "suppress":
                    found |= {node.lineno for kind in call.args if takes_in(kind)}
    return sorted(found)
    ### END SOLUTION


# %%
for module in ("batch.py", "audit.py", "app.py"):
    print(module, swallows_cancellation(pull.source(module)))

# %% [markdown]
# ## Check it

# %% nbgrader={"grade_id": "check_review", "solution": false, "grade": true, "locked": true, "points": 10, "task": false, "schema_version": 3}
from autograder.checking import check

check("11", review, swallows_cancellation)

# %% [markdown]
# **Next:** [lesson 12 · Canary](../../course/notebooks/12_canary.ipynb).
