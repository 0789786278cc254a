# fails: test_the_slice_is_sticky
# feedback: another answer for
# %% in_canary
import random


def in_canary(user, release, weight):
    return random.random() < weight
