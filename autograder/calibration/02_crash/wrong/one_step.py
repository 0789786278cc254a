# fails: test_root_cause_of_chains test_root_cause_of_groups test_root_cause_of_endless_chains
# feedback: whether you go on from where you have arrived
# %% root_cause
import asyncio


def root_cause(exc):
    if exc.__cause__ is not None:
        return exc.__cause__
    if isinstance(exc, BaseExceptionGroup):
        return next(
            (e for e in exc.exceptions if not isinstance(e, asyncio.CancelledError)),
            exc.exceptions[0],
        )
    if exc.__suppress_context__ or exc.__context__ is None:
        return exc
    return exc.__context__
