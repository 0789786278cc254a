# fails: test_availability_counts_requests test_availability_of_the_recording
# feedback: which moment puts a request into a window
# %% availability
def availability(tries, since, until):
    requests = [
        t
        for t in tries
        if since <= t["done"] < until and t["last"] and not t["malformed"]
    ]
    if not requests:
        return None
    return sum(
        t["outcome"] == "ok" and t["done"] - t["due"] <= 1 for t in requests
    ) / len(requests)
