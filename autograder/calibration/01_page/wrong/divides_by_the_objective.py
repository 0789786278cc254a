# fails: test_burn_rate test_budget_spent
# feedback: the share that may fail
# %% burn_rate
def burn_rate(tries, since, until, objective):
    ended = [
        t["outcome"] in {"server_error", "reset", "timeout"}
        for t in tries
        if since < t["done"] <= until
    ]
    return sum(ended) / len(ended) / objective if ended else 0.0


# %% budget
def budget_spent(down_min, objective, days):
    return down_min / (days * 24 * 60 * objective)
