# fails: test_slowdown test_the_recorded_database_is_innocent
# feedback: what is divided by what
# %% slowdown
import statistics


def slowdown(probes, since):
    before = [p["ms"] or 5000.0 for p in probes if p["t"] < since]
    during = [p["ms"] or 5000.0 for p in probes if p["t"] >= since]
    if not before or not during:
        return None
    return statistics.median(before) / statistics.median(during)
