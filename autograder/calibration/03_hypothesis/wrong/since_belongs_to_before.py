# fails: test_slowdown
# feedback: on which side `since` itself lies
# %% slowdown
import statistics


def slowdown(probes, since):
    before = [p["ms"] or 5000.0 for p in probes if p["t"] <= since]
    during = [p["ms"] or 5000.0 for p in probes if p["t"] > since]
    if not before or not during:
        return None
    return statistics.median(during) / statistics.median(before)
