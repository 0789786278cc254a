# fails: test_availability_counts_requests test_availability_of_the_recording
# feedback: how many records one request has
# %% availability
def availability(tries, since, until):
    requests = [t for t in tries if since <= t["due"] < until and not t["malformed"]]
    if not requests:
        return None
    return sum(
        t["outcome"] == "ok" and t["done"] - t["due"] <= 1 for t in requests
    ) / len(requests)
