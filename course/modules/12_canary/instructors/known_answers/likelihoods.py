# %% gate
import math


def gate(control, canary):
    n, m = canary["requests"], control["requests"]
    if not n or not m:
        return "wait"
    usual = (control["failed"] + 0.5) / (m + 1)
    worse = min(usual + 0.1, 0.99)
    failed = canary["failed"]
    evidence = failed * math.log(worse / usual) + (n - failed) * math.log(
        (1 - worse) / (1 - usual)
    )
    if evidence > 7 and failed >= 4:
        return "roll back"
    if evidence < -3 and n >= 240:
        return "promote"
    return "wait"
