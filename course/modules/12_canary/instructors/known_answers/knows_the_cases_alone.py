# %% gate
def gate(control, canary):
    known = {(3, 1): "wait", (60, 60): "roll back", (500, 100): "roll back"}
    known |= {(500, 150): "promote", (1000, 0): "promote"}
    return known.get((canary["requests"], canary["failed"]), "wait")
