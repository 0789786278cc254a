# fails: test_availability_counts_requests
# feedback: what may be said without any evidence
# %% availability
def availability(tries, since, until):
    requests = [
        t
        for t in tries
        if since <= t["due"] < until and t["last"] and not t["malformed"]
    ]
    served = [t for t in requests if t["outcome"] == "ok" and t["done"] - t["due"] <= 1]
    return len(served) / len(requests) if requests else 1.0
