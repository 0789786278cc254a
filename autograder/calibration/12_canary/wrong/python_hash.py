# fails: test_the_slice_is_sticky
# feedback: in another process
# %% in_canary
def in_canary(user, release, weight):
    return hash(f"{release} {user}") % 10_000 < weight * 10_000
