"""Calls a learner's function once for each case: JSON in, JSON out.

The first line of standard input is {"source": …, "function": …, "through": …}, and
every other line is a case, [argument, …]. One JSON object a case is written to the file
descriptor named on the command line: {"returned": value}, {"raised": text},
{"no_json": text}, or, if the function cannot be called at all, {"missing": text} and
nothing more. "through" is empty, or source of the judge's that defines
through(function, argument, …), which is called instead: for arguments that cannot be
JSON.
"""

import json
import os
import sys
import types
from functools import partial
from typing import Any


def described(exc: BaseException) -> str:
    """Return an exception in one line, cut to 1,000 characters."""
    return f"{type(exc).__name__}: {exc}".removesuffix(": ")[:1000]


def load(source: str, function: str, name: str = "answer") -> Any:
    """Run `source` as the module `name`, and return its function `function`."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    return getattr(module, function)


def call(function: Any, arguments: list[Any]) -> dict[str, Any]:
    """Call `function` with `arguments`, and return the result as a report."""
    try:
        value = function(*arguments)
    except Exception as exc:  # noqa: BLE001 - whatever a learner raises is the answer
        return {"raised": described(exc)}
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        return {"no_json": described(exc)}
    return {"returned": value}


def main() -> None:
    """Read the cases in order, and report the result of each."""
    report = os.fdopen(int(sys.argv[1]), "w")
    request = json.loads(sys.stdin.readline())
    try:
        function = load(request["source"], request["function"])
        if request["through"]:
            function = partial(load(request["through"], "through", "through"), function)
    except BaseException as exc:  # noqa: BLE001 - SystemExit on import, for one
        report.write(json.dumps({"missing": described(exc)}) + "\n")
        return
    for line in sys.stdin:
        report.write(json.dumps(call(function, json.loads(line))) + "\n")
        report.flush()


if __name__ == "__main__":
    main()
