# fails: test_availability_counts_requests test_burn_rate
# feedback: ZeroDivisionError
# %% availability
def availability(tries, since, until):
    requests = [
        t
        for t in tries
        if since <= t["due"] < until and t["last"] and not t["malformed"]
    ]
    return sum(
        t["outcome"] == "ok" and t["done"] - t["due"] <= 1 for t in requests
    ) / len(requests)


# %% burn_rate
def burn_rate(tries, since, until, objective):
    ended = [
        t["outcome"] in {"server_error", "reset", "timeout"}
        for t in tries
        if since < t["done"] <= until
    ]
    return sum(ended) / len(ended) / (1 - objective)
