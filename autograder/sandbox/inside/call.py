"""Calls a function of a learner, over and over: JSON in, JSON out.

Reads {"source": …, "function": …, "through": …} from the first line of standard input,
and a case, [argument, …], from each other line. Writes one JSON object a case to the
file descriptor named on the command line: {"returned": value}, {"raised": text},
{"no_json": text}, or, if the function cannot be called at all, {"missing": text} and
nothing more. "through" may be empty, or source of the judge's that defines
through(function, argument, …) to be called instead: for arguments that cannot be JSON.
"""

import json
import os
import sys
import types
from functools import partial
from typing import Any


def words(exc: BaseException) -> str:
    """An exception in one line."""
    return f"{type(exc).__name__}: {exc}".removesuffix(": ")[:1000]


def load(source: str, function: str, name: str = "answer") -> Any:
    """The function called `function` in `source`, run as the module `name`."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    return getattr(module, function)


def call(function: Any, arguments: list[Any]) -> dict[str, Any]:
    """What `function` makes of `arguments`."""
    try:
        value = function(*arguments)
    except Exception as exc:  # noqa: BLE001 - whatever a learner raises is the answer
        return {"raised": words(exc)}
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        return {"no_json": words(exc)}
    return {"returned": value}


def main() -> None:
    """Answer the cases in order."""
    report = os.fdopen(int(sys.argv[1]), "w")
    told = json.loads(sys.stdin.readline())
    try:
        function = load(told["source"], told["function"])
        if told["through"]:
            function = partial(load(told["through"], "through", "through"), function)
    except BaseException as exc:  # noqa: BLE001 - SystemExit on import, for one
        report.write(json.dumps({"missing": words(exc)}) + "\n")
        return
    for line in sys.stdin:
        report.write(json.dumps(call(function, json.loads(line))) + "\n")
        report.flush()


if __name__ == "__main__":
    main()
