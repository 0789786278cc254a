# Another value without lower(), and as small.
# %% reproducer
def reproducer():
    return '{"region":[]}'
