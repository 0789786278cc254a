# fails: test_the_factor_is_computed
# feedback: ZeroDivisionError
# %% load_factor
import math


def load_factor(failing, tries_by_layer):
    most = math.prod(tries_by_layer)
    return (1 - failing**most) / (1 - failing)
