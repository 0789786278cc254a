# fails: test_the_bake_is_long_enough
# feedback: Expected: 2
# %% bake_requests
import math


def bake_requests(share, certainty):
    return math.ceil(3 / share)
