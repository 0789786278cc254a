# fails: test_the_slice_has_its_size
# feedback: are in the slice
# %% in_canary
def in_canary(user, release, weight):
    return sum((user + release).encode()) % 100 < weight * 100
