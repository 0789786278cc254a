# %% gate
def gate(control, canary):
    requests = control["requests"] + canary["requests"]
    if canary["requests"] < 10:
        return "wait"
    if (control["failed"] + canary["failed"]) / requests > 0.05:
        return "roll back"
    return "promote" if canary["requests"] >= 230 else "wait"
