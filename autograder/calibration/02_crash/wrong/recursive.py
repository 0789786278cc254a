# fails: test_root_cause_of_endless_chains
# feedback: what a recursive call costs
# %% root_cause
import asyncio


def root_cause(exc):
    if exc.__cause__ is not None:
        return root_cause(exc.__cause__)
    if isinstance(exc, BaseExceptionGroup):
        real = [e for e in exc.exceptions if not isinstance(e, asyncio.CancelledError)]
        return root_cause((real or exc.exceptions)[0])
    if exc.__context__ is not None and not exc.__suppress_context__:
        return root_cause(exc.__context__)
    return exc
