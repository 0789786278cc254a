# fails: test_the_reproducer_is_minimal
# feedback: the same failure, without character
# %% reproducer
def reproducer():
    return '{"region": 0}'
