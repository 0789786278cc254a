# %% root_cause
import asyncio


def before(exc):
    if exc.__cause__ is not None:
        return exc.__cause__
    if isinstance(exc, BaseExceptionGroup):
        real = [e for e in exc.exceptions if not isinstance(e, asyncio.CancelledError)]
        return real[0] if real else exc.exceptions[0]
    return None if exc.__suppress_context__ else exc.__context__


def root_cause(exc):
    seen = {id(exc)}
    while (older := before(exc)) is not None and id(older) not in seen:
        seen.add(id(older))
        exc = older
    return exc
