# fails: test_root_cause_of_chains
# feedback: `__suppress_context__`
# %% root_cause
import asyncio


def root_cause(exc):
    seen = set()
    nxt = exc
    while nxt is not None and id(nxt) not in seen:
        exc = nxt
        seen.add(id(exc))
        if exc.__cause__ is not None:
            nxt = exc.__cause__
        elif isinstance(exc, BaseExceptionGroup):
            nxt = next(
                (
                    e
                    for e in exc.exceptions
                    if not isinstance(e, asyncio.CancelledError)
                ),
                exc.exceptions[0],
            )
        else:
            nxt = exc.__context__
    return exc
