# fails: test_root_cause_of_groups
# feedback: what cancellations are
# %% root_cause
def root_cause(exc):
    seen = set()
    nxt = exc
    while nxt is not None and id(nxt) not in seen:
        exc = nxt
        seen.add(id(exc))
        if exc.__cause__ is not None:
            nxt = exc.__cause__
        elif isinstance(exc, BaseExceptionGroup):
            nxt = exc.exceptions[0]
        else:
            nxt = None if exc.__suppress_context__ else exc.__context__
    return exc
