# fails: test_the_factor_is_computed
# feedback: how the tries of layers combine
# %% load_factor
def load_factor(failing, tries_by_layer):
    most = sum(tries_by_layer)
    return sum(failing**n for n in range(most))
