# fails: test_root_cause_of_endless_chains
# feedback: how you notice that you have been somewhere before
# %% root_cause
import asyncio


def root_cause(exc):
    while True:
        if exc.__cause__ is not None:
            exc = exc.__cause__
        elif isinstance(exc, BaseExceptionGroup):
            real = [
                e for e in exc.exceptions if not isinstance(e, asyncio.CancelledError)
            ]
            exc = (real or exc.exceptions)[0]
        elif exc.__context__ is not None and not exc.__suppress_context__:
            exc = exc.__context__
        else:
            return exc
