# fails: test_root_cause_of_groups
# feedback: `exceptions`, the members of a group
# %% root_cause
def root_cause(exc):
    seen = set()
    nxt = exc
    while nxt is not None and id(nxt) not in seen:
        exc = nxt
        seen.add(id(exc))
        nxt = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    return exc
