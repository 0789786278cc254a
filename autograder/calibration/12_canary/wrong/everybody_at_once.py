# fails: test_the_slice_has_its_size
# feedback: 4000 are in the slice
# %% in_canary
def in_canary(user, release, weight):
    return weight > 0
