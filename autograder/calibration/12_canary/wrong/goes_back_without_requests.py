# fails: test_the_gate_knows_the_plain_cases
# feedback: a share of nothing
# %% gate
import math


def gate(control, canary):
    """What becomes of the rollout: "promote", "roll back" or "wait"."""
    bake, bar, least, margin = 230, 4, 5, 0.05
    n, m = canary["requests"], control["requests"]
    if not n or not m:
        return "roll back"
    more = canary["failed"] / n - control["failed"] / m
    # What the difference varies by if both fail equally often. One failure among two
    # requests is added: after few requests nothing is certain.
    pooled = (canary["failed"] + control["failed"] + 1) / (n + m + 2)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    if canary["failed"] >= least and more > bar * spread:
        return "roll back"
    # Silence counts after so many requests, and only if it could not be chance.
    if n >= bake and more + spread < margin:
        return "promote"
    return "wait"
