# %% gate
def gate(control, canary):
    if canary["requests"] < 340:
        return "wait"
    return "roll back" if canary["failed"] > control["failed"] else "promote"
