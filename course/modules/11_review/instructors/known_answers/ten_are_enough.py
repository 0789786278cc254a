# %% review
def review():
    return [
        ("batch.py", 41, "no cause"),
        ("batch.py", 43, "assert"),
        ("batch.py", 55, "swallowed"),
        ("batch.py", 64, "leak"),
        ("batch.py", 73, "too broad"),
        ("batch.py", 96, "cancellation"),
        ("audit.py", 27, "swallowed"),
        ("audit.py", 46, "return in finally"),
        ("app.py", 104, "wrong status"),
        ("app.py", 106, "no traceback"),
        ("batch.py", 50, "unsafe retry"),
        ("audit.py", 35, "swallowed"),
    ]


# %% checker
import ast


def swallows_cancellation(source):
    """By the text of each expression."""
    lines = []

    def inside(body):
        for node in body:
            if not isinstance(
                node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
            ):
                yield node
                yield from inside(list(ast.iter_child_nodes(node)))

    def taken(expression):
        if expression is None:
            return True
        text = ast.unparse(expression).strip("()")
        last = [part.strip().rpartition(".")[2] for part in text.split(",")]
        return "CancelledError" in last or "BaseException" in last

    for node in ast.walk(ast.parse(source)):
        body = (
            list(inside(getattr(node, "body", [])))
            if isinstance(node, (ast.Try, ast.With))
            else []
        )
        if not any(
            type(each).__name__ in ("Await", "AsyncFor", "AsyncWith")
            or getattr(each, "is_async", False)
            for each in body
        ):
            continue
        if isinstance(node, ast.Try):
            clauses = [c for c in node.handlers if taken(c.type)][:1]
            lines += [
                c.lineno
                for c in clauses
                if not any(type(n) is ast.Raise for n in inside(c.body))
            ]
        else:
            for item in node.items:
                call = item.context_expr
                if (
                    isinstance(call, ast.Call)
                    and ast.unparse(call.func).split(".")[-1] == "suppress"
                ):
                    lines += [node.lineno] * any(taken(a) for a in call.args)
    return sorted(set(lines))
