# fails: test_burn_rate
# feedback: which outcomes the service is to blame for
# %% burn_rate
def burn_rate(tries, since, until, objective):
    ended = [
        t["outcome"] == "server_error" for t in tries if since < t["done"] <= until
    ]
    return sum(ended) / len(ended) / (1 - objective) if ended else 0.0
