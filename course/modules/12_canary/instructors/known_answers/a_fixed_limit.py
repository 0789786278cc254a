# %% gate
def gate(control, canary):
    if canary["requests"] < 40:
        return "wait"
    if canary["failed"] / canary["requests"] > 0.06:
        return "roll back"
    return "promote" if canary["requests"] >= 230 else "wait"
