# fails: test_root_cause_of_chains
# feedback: an explicit cause does
# %% root_cause
import asyncio


def root_cause(exc):
    seen = set()
    nxt = exc
    while nxt is not None and id(nxt) not in seen:
        exc = nxt
        seen.add(id(exc))
        if exc.__context__ is not None and not (
            exc.__suppress_context__ and exc.__cause__ is None
        ):
            nxt = exc.__context__
        elif exc.__cause__ is not None:
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
            nxt = None
    return exc
