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
        ("app.py", 107, "exposed"),
        ("app.py", 108, "orphan task"),
    ]


# %% checker
import ast


class Finder(ast.NodeVisitor):
    """Visits each try and each with; asks the same visitor what is within."""

    def __init__(self):
        self.lines = []

    def visit_Try(self, node):
        if awaits(node.body):
            for handler in node.handlers:
                if catches(handler.type):
                    if not contains(handler.body, ast.Raise):
                        self.lines.append(handler.lineno)
                    break
        self.generic_visit(node)

    def visit_With(self, node):
        if awaits(node.body):
            for item in node.items:
                match item.context_expr:
                    case ast.Call(
                        func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"),
                        args=args,
                    ):
                        if any(catches(arg) for arg in args):
                            self.lines.append(node.lineno)
        self.generic_visit(node)


def contains(statements, *kinds):
    for statement in statements:
        if isinstance(statement, kinds):
            return True
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if getattr(statement, "is_async", 0) and ast.Await in kinds:
            return True
        if contains(ast.iter_child_nodes(statement), *kinds):
            return True
    return False


def awaits(body):
    return contains(body, ast.Await, ast.AsyncFor, ast.AsyncWith)


def catches(kind):
    match kind:
        case None:
            return True
        case ast.Tuple(elts=kinds):
            return any(map(catches, kinds))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in ("BaseException", "CancelledError")
    return False


def swallows_cancellation(source):
    finder = Finder()
    finder.visit(ast.parse(source))
    return sorted(set(finder.lines))
