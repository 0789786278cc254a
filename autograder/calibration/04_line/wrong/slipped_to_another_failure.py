# fails: test_the_reproducer_fails_alike test_the_reproducer_is_minimal
# feedback: what you compare while you shrink
# %% reproducer
def reproducer():
    return "{"
