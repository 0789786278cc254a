# fails: test_slowdown
# feedback: what a failed query counts as
# %% slowdown
import statistics


def slowdown(probes, since):
    before = [p["ms"] for p in probes if p["t"] < since and p["ms"] is not None]
    during = [p["ms"] for p in probes if p["t"] >= since and p["ms"] is not None]
    if not before or not during:
        return None
    return statistics.median(during) / statistics.median(before)
