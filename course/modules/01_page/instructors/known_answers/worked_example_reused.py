# %% burn_rate
FAILURES = {"server_error", "reset", "timeout"}


def error_share(tries, since, until):
    ended = [t for t in tries if since < t["done"] <= until]
    if not ended:
        return None
    return sum(t["outcome"] in FAILURES for t in ended) / len(ended)


def burn_rate(tries, since, until, objective):
    return (error_share(tries, since, until) or 0.0) / (1 - objective)
