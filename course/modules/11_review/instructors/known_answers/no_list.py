# %% review
def review():
    return "LGTM"
