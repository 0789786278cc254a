# One question more, and still within ten minutes.
# %% investigation
def investigation():
    return ["outcomes", "traffic", "database probe", "pool", "last words"]
