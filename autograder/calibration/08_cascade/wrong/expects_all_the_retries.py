# fails: test_the_factor_is_computed
# feedback: when the bottom gets a further try
# %% load_factor
import math


def load_factor(failing, tries_by_layer):
    return 1 + failing * (math.prod(tries_by_layer) - 1)
