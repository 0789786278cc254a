# %% root_cause
from asyncio import CancelledError


def root_cause(exc):
    met = []
    while not any(exc is m for m in met[-200:]) and len(met) < 100_000:
        met.append(exc)
        nxt = None
        if exc.__cause__ is not None:
            nxt = exc.__cause__
        else:
            match exc:
                case BaseExceptionGroup():
                    nxt = next(
                        (
                            e
                            for e in exc.exceptions
                            if not isinstance(e, CancelledError)
                        ),
                        exc.exceptions[0],
                    )
                case _ if not exc.__suppress_context__:
                    nxt = exc.__context__
        if nxt is None:
            return exc
        exc = nxt
    return exc
