# fails: test_swallowed_cancellation_is_found test_honest_handlers_are_left_alone
# feedback: rules 1 and 2
# %% checker
import ast


def swallows_cancellation(source):
    """The lines whose handlers swallow a cancellation, in ascending order."""
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
        return getattr(node, "id", "")

    def takes_in(kind):
        kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
        names = {"CancelledError", "BaseException"}
        return kind is None or any(name_of(each) in names for each in kinds)

    def awaits(statements):
        kinds = (ast.Await, ast.AsyncFor, ast.AsyncWith)
        return any(isinstance(node, kinds) for node in within(statements))

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
