"""The same, sorted otherwise."""


# %% review
def review():
    return [
        ("app.py", 108, "orphan task"),
        ("app.py", 107, "exposed"),
        ("app.py", 106, "no traceback"),
        ("app.py", 104, "wrong status"),
        ("audit.py", 46, "return in finally"),
        ("audit.py", 27, "swallowed"),
        ("batch.py", 96, "cancellation"),
        ("batch.py", 73, "too broad"),
        ("batch.py", 64, "leak"),
        ("batch.py", 55, "swallowed"),
        ("batch.py", 43, "assert"),
        ("batch.py", 41, "no cause"),
    ]


# %% checker
import ast


def swallows_cancellation(source):
    """The lines whose handlers swallow a cancellation, in ascending order."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

    def within(statements):
        """All nodes in `statements`, without those of functions defined there."""
        left = [*statements]
        while left:
            node = left.pop()
            if not isinstance(node, functions):
                yield node
                left += ast.iter_child_nodes(node)

    def name_of(node):
        return getattr(node, "attr", getattr(node, "id", ""))

    def includes(kind):
        kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
        names = {"CancelledError", "BaseException"}
        return kind is None or any(name_of(each) in names for each in kinds)

    def awaits(statements):
        kinds = (ast.Await, ast.AsyncFor, ast.AsyncWith)
        return any(isinstance(node, kinds) for node in within(statements))

    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Try) and awaits(node.body):
            clause = next((h for h in node.handlers if includes(h.type)), None)
            if clause is not None and not any(
                isinstance(each, ast.Raise) for each in within(clause.body)
            ):
                found.add(clause.lineno)
        elif isinstance(node, ast.With) and awaits(node.body):
            for item in node.items:
                call = item.context_expr
                is_call = isinstance(call, ast.Call)
                if is_call and name_of(call.func) == "suppress":
                    found |= {node.lineno for kind in call.args if includes(kind)}
    return sorted(found)
