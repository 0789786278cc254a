# %% in_canary
from hashlib import md5


def in_canary(user, release, weight):
    lot = int(md5((release + "/" + user).encode("utf-8")).hexdigest(), 16) % 10**9
    return bool(lot < weight * 10**9)
# %% gate
def gate(control, canary):
    n = canary["requests"]
    if n == 0 or control["requests"] == 0:
        return "wait"
    expected = n * control["failed"] / control["requests"]
    if canary["failed"] > expected + 4 * (expected + 1) ** 0.5:
        return "roll back"
    if n >= 250 and canary["failed"] < expected + 0.05 * n - (expected + 1) ** 0.5:
        return "promote"
    return "wait"
