# %% availability
def availability(tries, since, until):
    total = good = 0
    for record in tries:
        if not since <= record["due"] < until:
            continue
        if record["malformed"] or not record["last"]:
            continue
        total += 1
        if record["outcome"] == "ok" and record["done"] <= record["due"] + 1.0:
            good += 1
    return good / total if total else None


# %% burn_rate
def burn_rate(tries, since, until, objective):
    total = bad = 0
    for record in tries:
        if since < record["done"] <= until:
            total += 1
            bad += record["outcome"] not in ("ok", "client_error")
    if total == 0:
        return 0
    return (bad / total) / (1 - objective)
