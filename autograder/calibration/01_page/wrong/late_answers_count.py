# fails: test_availability_counts_requests test_availability_of_the_recording
# feedback: who is still there to get an answer
# %% availability
def availability(tries, since, until):
    requests = [
        t
        for t in tries
        if since <= t["due"] < until and t["last"] and not t["malformed"]
    ]
    if not requests:
        return None
    return sum(t["outcome"] == "ok" for t in requests) / len(requests)
