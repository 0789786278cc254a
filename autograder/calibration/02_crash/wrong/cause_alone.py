# fails: test_root_cause_of_chains test_root_cause_of_endless_chains
# feedback: `__context__`
# %% root_cause
import asyncio


def root_cause(exc):
    seen = set()
    while id(exc) not in seen:
        seen.add(id(exc))
        if exc.__cause__ is not None:
            exc = exc.__cause__
        elif isinstance(exc, BaseExceptionGroup):
            exc = next(
                (
                    e
                    for e in exc.exceptions
                    if not isinstance(e, asyncio.CancelledError)
                ),
                exc.exceptions[0],
            )
    return exc
