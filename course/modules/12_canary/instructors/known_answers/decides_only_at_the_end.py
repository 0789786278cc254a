# %% gate
def gate(control, canary):
    n, m = canary["requests"], control["requests"]
    if n < 380 or not m:
        return "wait"
    more = canary["failed"] / n - control["failed"] / m
    return "roll back" if more > 0.06 else "promote"
