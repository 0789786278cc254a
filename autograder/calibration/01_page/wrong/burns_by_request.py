# fails: test_burn_rate
# feedback: every try that failed
# %% burn_rate
def burn_rate(tries, since, until, objective):
    ended = [
        t["outcome"] in {"server_error", "reset", "timeout"}
        for t in tries
        if since < t["done"] <= until and t["last"]
    ]
    return sum(ended) / len(ended) / (1 - objective) if ended else 0.0
