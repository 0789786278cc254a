# With the standard library's statistics and fractions.
# %% availability
from statistics import fmean


def availability(tries, since, until):
    ends = [
        t
        for t in tries
        if t["last"] and not t["malformed"] and since <= t["due"] < until
    ]
    return (
        fmean(t["outcome"] == "ok" and t["done"] - t["due"] <= 1.0 for t in ends)
        if ends
        else None
    )


# %% budget
from datetime import timedelta


def budget_spent(down_min, objective, days):
    return timedelta(minutes=down_min) / (timedelta(days=days) * (1 - objective))
