# fails: test_the_reproducer_fails_alike test_the_reproducer_is_minimal
# feedback: the failure of the captured request: AttributeError
# %% reproducer
def reproducer():
    return '["eu-west"]'
