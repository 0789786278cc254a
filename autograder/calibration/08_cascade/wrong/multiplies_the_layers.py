# fails: test_the_factor_is_computed
# feedback: when the bottom gets a further try
# %% load_factor
import math


def load_factor(failing, tries_by_layer):
    return math.prod(sum(failing**n for n in range(t)) for t in tries_by_layer)
