# %% root_cause
import asyncio
from collections import deque


def links(exc):
    seen = set()
    while exc is not None and id(exc) not in seen:
        yield exc
        seen.add(id(exc))
        if exc.__cause__ is not None:
            exc = exc.__cause__
        elif isinstance(exc, BaseExceptionGroup):
            errors, cancelled = [], []
            for member in exc.exceptions:
                (
                    cancelled if isinstance(member, asyncio.CancelledError) else errors
                ).append(member)
            exc = [*errors, *cancelled][0]
        else:
            exc = exc.__context__ if not exc.__suppress_context__ else None


def root_cause(exc):
    return deque(links(exc), maxlen=1).pop()
