# %% gate
import math


def interval(arm, z):
    n, p = arm["requests"], arm["failed"] / arm["requests"]
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def gate(control, canary):
    if not control["requests"] or not canary["requests"]:
        return "wait"
    if canary["failed"] >= 4 and interval(canary, 2.6)[0] > interval(control, 2.6)[1]:
        return "roll back"
    share = control["failed"] / control["requests"]
    if canary["requests"] >= 240 and interval(canary, 1.0)[1] < share + 0.06:
        return "promote"
    return "wait"
